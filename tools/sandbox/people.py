"""Invented people: names and job titles."""

from dataclasses import dataclass

FIRST = tuple(
    """Aaliyah Aaron Abigail Adaeze Adam Adrian Agnes Ahmed Aidan Aiko Aisha Akira Alan Alejandra Alice Amara
    Amelia Amir Ana Anders Andrea Anika Anneke Anton Antonia Arjun Asha Astrid Aurelie Ayumi Bahar Bastian
    Beatriz Ben Bianca Bilal Bjorn Brenda Bruno Caitlin Camille Carla Carmen Cecilia Celine Chiara Chidi
    Clara Claudia Colm Connor Cora Cristina Cyrus Dalia Damian Dara Darius David Deepa Delphine Diego Dina
    Dominic Doris Eamon Edith Eduardo Elena Elias Elif Elise Eloise Emeka Emil Emma Enzo Erik Esme Esther
    Eva Fadi Farah Fatima Felicia Fergus Fiona Florian Frances Francois Freya Gabriel Gareth Gemma George
    Gina Giulia Grace Greta Gustavo Hamza Hanna Harriet Hassan Helena Henrik Hiro Holly Hugo Ibrahim Ida
    Ifeoma Ilse Imran Ines Ingrid Irene Isaac Isla Ivan Jana Jasmin Javier Jelena Jesper Joana Joao
    Johanna Jonas Julia Julien Kamal Karin Katarina Keiko Kenji Kerstin Kiran Klara Kofi Kwame Lara Lars
    Laura Layla Leandro Leila Leo Liam Lina Lorenzo Lotte Louis Lucia Magnus Malik Manuela Marcus Margot
    Mariam Marina Mateo Matthias Maya Mehmet Mei Mia Milan Mina Miriam Mohan Mona Nadia Naomi Natalia Neha
    Nia Nicolas Nils Nina Noah Noor Nuria Oisin Olga Olivia Omar Oscar Paolo Parisa Patrick Paula Pedro
    Petra Philippa Pia Priya Quentin Rachel Rafael Ramona Rania Ravi Reem Renata Rhea Roberto Rosa Rowan
    Ruth Saanvi Samira Sandro Sara Sebastian Selma Sergio Shreya Silvia Simone Sofia Stefan Sunita Svenja
    Tamara Tariq Teresa Theo Thora Tobias Tomas Uma Valeria Vera Victor Vikram Wanda Wei Yara Yasmin Yuki
    Zainab Zara""".split()
)
_LAST = tuple(
    """Abara Achterberg Acosta Adeyemi Ahlgren Aldana Almeida Amsel Andrade Aoki Arslan Asante Aubert
    Bachmann Baptiste Barros Bauer Beaumont Becker Bellamy Benitez Berg Bianchi Bjork Blanchard Bloom
    Boateng Bosch Bouchard Brandt Brennan Briggs Bruun Byrne Caldwell Calloway Campos Carmichael
    Castellano Cervantes Chandra Chaudhry Cheung Chukwu Clarke Coleman Conti Cordero Correia Costa Cullen
    Dahl Dalton Danjuma Dargan Das Daly Dekker Delacroix Demir Desai Dhillon Diallo Dixon Dlamini Dobson
    Donnelly Doyle Drummond Dubois Duarte Eckhart Edwards Egan Ekwueme Elliott Engel Eriksen Escobar
    Esposito Faber Falk Farrell Faulkner Ferrari Figueroa Finnegan Fischer Fitzgerald Fontaine Forsberg
    Foster Fournier Fraser Friedman Fuentes Gallagher Gallo Garnier Gerber Ghosh Gill Girard Goldberg
    Gonzaga Gorman Grant Greco Greene Grimaldi Gupta Guerrero Haddad Hakimi Halloran Hamadi Hansen Harding
    Hartmann Hashimoto Hayashi Heller Herrera Hoffmann Holm Horvath Hughes Hussain Ibarra Ikeda Ito Iyer
    Jacobs Jankowski Jansen Jensen Joshi Kaczmarek Kamara Kapoor Karlsson Kaur Keane Keller Khalil Kimura
    Klein Kobayashi Koch Kowalczyk Krause Kruger Kumar Lachance Lambert Lange Larsen Laurent Leclerc
    Lehmann Leone Lindholm Lombardi Lopes Ludwig Lund Machado Madsen Mahmoud Malone Mancini Marchetti
    Marino Marquez Martel Mathieu Mbeki McAllister McBride McKenna Medina Mehta Mendes Mensah Merchant
    Meyer Mishra Molina Moreau Moretti Mori Morrow Mueller Murphy Nakamura Navarro Ndiaye Neumann Nguyen
    Nielsen Nolan Novak Nwosu Nyberg Obrien Ochoa Okafor Okonkwo Olsen Ortega Osei Osman Pacheco Palmer
    Parekh Park Pascal Patel Pereira Petrov Pham Pinto Prakash Quinn Rahman Ramirez Rao Rasmussen Reddy
    Reyes Ricci Rinaldi Rivera Rossi Roux Ruiz Sahin Salazar Salvatore Sandoval Santos Sato Schaefer
    Schmid Schreiber Seidel Sharma Shimizu Silva Singh Soto Stein Suzuki Svensson Takeda Tanaka Tavares
    Thiel Torres Tran Ueda Valdez Varga Vega Velasco Verma Vidal Vogel Wagner Walsh Weber Whitaker Winkler
    Wong Yamada Yilmaz Young Zapata Ziegler""".split()
)
# Two lists, so that nobody of the history comes again by chance among the new leads.
HISTORY_LAST, LEAD_LAST = _LAST[:80], _LAST[80:]
_STEP = 1_000_003  # a prime: stepping by it visits every name once before any comes again


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody's name."""

    first: str
    last: str

    @property
    def local(self) -> str:
        """The part of their address before the @."""
        return f"{self.first}.{self.last}".lower().replace(". ", ".").replace(" ", ".").replace("..", ".")


def person(number: int, last: tuple[str, ...], offset: int) -> Person:
    """The person of that number: no two numbers share a name."""
    size = len(FIRST) * len(last)
    lap, within = divmod(number, size)
    surname, given = divmod((within * _STEP + offset) % size, len(FIRST))
    first = FIRST[given] if lap == 0 else f"{FIRST[given]} {_initials(lap - 1)}"
    return Person(first, last[surname])


def _initials(lap: int) -> str:
    more, letter = divmod(lap, 26)
    return (f"{_initials(more - 1)} " if more else "") + chr(ord("A") + letter) + "."


@dataclass(frozen=True, slots=True)
class Title:
    """A job title and what it says about its holder."""

    text: str
    seniority: int
    # 0 student … 5 C-level
    close: bool
    # whether the job is close to revenue operations, the product's buyer


TITLES = (
    Title("VP Revenue Operations", 4, True),
    Title("Director of Revenue Operations", 3, True),
    Title("Head of Revenue Operations", 3, True),
    Title("Revenue Operations Manager", 2, True),
    Title("Revenue Operations Analyst", 1, True),
    Title("Director of Sales Operations", 3, True),
    Title("Sales Operations Manager", 2, True),
    Title("Sales Operations Lead", 2, True),
    Title("VP Sales", 4, True),
    Title("Chief Revenue Officer", 5, True),
    Title("Head of Sales", 3, True),
    Title("Regional Sales Director", 3, True),
    Title("VP of Go-to-Market Strategy", 4, True),
    Title("Sales Enablement Lead", 2, True),
    Title("GTM Systems Manager", 2, True),
    Title("CRM Administrator", 1, True),
    Title("Marketing Operations Manager", 2, True),
    Title("VP Marketing", 4, False),
    Title("Head of Growth", 3, False),
    Title("Demand Generation Manager", 2, False),
    Title("Chief Executive Officer", 5, False),
    Title("Chief Operating Officer", 5, False),
    Title("CFO", 5, False),
    Title("Director of Finance", 3, False),
    Title("IT Director", 3, False),
    Title("Data Engineer", 1, False),
    Title("Head of Data", 3, False),
    Title("Business Analyst", 1, False),
    Title("Procurement Analyst", 1, False),
    Title("Customer Success Manager", 2, False),
    Title("Account Executive", 1, False),
    Title("Software Engineer", 1, False),
    Title("Consultant", 1, False),
    Title("Office Manager", 1, False),
)
STUDENT_TITLES = ("Student", "MBA Student", "Intern", "Graduate Student", "PhD Candidate")
