"""Which column of an export holds which of our fields: the common CRMs' words, and careful guesses."""

from collections.abc import Mapping, Sequence
from functools import cache

from tools.normalise import fold

# Field → headings in the order of preference, as `heading_key` writes them. Salesforce, HubSpot, Pipedrive
# and Dynamics exports, hand-made lists, and German, French and Spanish ones.
_NAMES: dict[str, str] = {
    "first_name": (
        "first name, firstname, given name, forename, vorname, prenom, nombre, contact first name, nome"
    ),
    "last_name": (
        "last name, lastname, surname, family name, nachname, familienname, nom, nom de famille, "
        "apellido, apellidos, contact last name, cognome"
    ),
    "full_name": (
        "full name, name, contact name, lead name, contact, person name, contact person, "
        "ansprechpartner, nombre completo, nom complet, kontaktperson, kontakt, person, lead"
    ),
    "email": (
        "email, e mail, email address, e mail address, work email, business email, person email, "
        "person email work, lead email, contact email, primary email, emailaddress1, mail, "
        "mail address, e mail adresse, email adresse, emailadresse, mailadresse, adresse e mail, "
        "adresse email, courriel, correo electronico, correo, adresse mail, company email, email 1, "
        "e mail 1 value, e mail addr, email addr, email id, lead contact email"
    ),
    "title": (
        "job title, jobtitle, position, role, person job title, contact title, title, job position, "
        "funktion, position titel, berufsbezeichnung, jobtitel, stellenbezeichnung, poste, fonction, "
        "cargo, puesto, designation, rolle"
    ),
    "phone": (
        "phone, phone number, business phone, work phone, telephone, person phone, "
        "person phone work, mobile phone, mobile phone number, mobile, telefon, telefonnummer, tel, "
        "telephone number, telefono, mobil, handy, cell phone, contact phone"
    ),
    "company": (
        "company, company name, account name, organization, organisation, organization name, "
        "organisation name, company account, account, firma, unternehmen, firmenname, societe, "
        "entreprise, empresa, employer, person organization, lead organization, parent account, "
        "business name, customer, kunde, azienda, companyname"
    ),
    "website": (
        "website, website url, company domain name, company domain, domain, web site, webseite, url, "
        "site web, sitio web, homepage, organization website, company website, web"
    ),
    "city": (
        "city, billing city, mailing city, address 1 city, company city, town, stadt, ort, ville, "
        "ciudad, organization city town village locality, city town, shipping city, work city, "
        "localidad, citta"
    ),
    "region": (
        "state, state province, billing state province, billing state, mailing state province, "
        "mailing state, state region, address 1 state province, region, province, bundesland, "
        "kanton, provincia, estado, departement, company state, county state, "
        "organization state county, work state, shipping state province, state code"
    ),
    "country": (
        "country, billing country, mailing country, country region, address 1 country region, land, "
        "pays, pais, company country, organization country, country code, country territory, "
        "work country, shipping country, nation, staat, paese, billing country territory"
    ),
    "industry": (
        "industry, branche, sector, secteur, industria, sektor, industry type, "
        "organization industry, vertical, secteur d activite, sector industrial, wirtschaftszweig"
    ),
    "employees": (
        "employees, number of employees, no of employees, employee count, company size, headcount, "
        "mitarbeiter, mitarbeiterzahl, anzahl mitarbeiter, effectif, nombre d employes, "
        "numero de empleados, empleados, num employees, organization number of employees, size, "
        "unternehmensgrosse"
    ),
    "source": (
        "lead source, source, original source, original traffic source, lead origin, channel, "
        "utm source, herkunft, quelle, leadquelle, lead quelle, origine, source du lead, origen, "
        "fuente, origen del lead, source channel, latest source, latest traffic source"
    ),
    "created_at": (
        "created date, create date, created on, created at, created, creation date, lead created, "
        "date created, person created, added, add time, lead created time, created time, "
        "erstellt am, erstelldatum, erstellt, date de creation, cree le, fecha de creacion, creado, "
        "date added, submitted at, timestamp, conversion date, angelegt am, submission date, date"
    ),
    "message": (
        "message, description, comments, comment, notes, note, nachricht, beschreibung, kommentar, "
        "bemerkung, commentaires, commentaire, mensaje, comentarios, descripcion, how can we help, "
        "inquiry, question, bemerkungen"
    ),
    "external_id": (
        "lead id, record id, contact id, id, external id, lead record id, vid, person id, "
        "do not modify lead, do not modify contact, lead number, recordid, hs object id, crm id, "
        "contact record id, unique id"
    ),
    "signal_type": "signal type, signal, trigger type, buying signal",
    "signal_on": "signal on, signal date, trigger date",
    "detected_by": "detected by, signal source, trigger source",
}

# Headings close to ours in spelling that hold something else.
_NEVER = frozenset(
    (
        "county, counties, lead title, deal title, email opt out, "
        "email bounced reason, lead status, lead owner, company id, "
        "account id, account owner, last modified date, country manager, countries, email status, "
        "email domain, street, email type, salutation, anrede, phone type, account number, "
        "last activity date, email opted out, company owner, counter, first name phonetic, "
        "last name phonetic, signed date, company phone, company type"
    ).split(", ")
)
_COMPANIES = frozenset({"organization", "organisation", "account", "company"})
_RECORDS = _COMPANIES | {"person", "lead", "contact"}
_OF_COMPANY = frozenset({"city", "region", "country", "industry", "employees", "website"})
_GUESS_FROM_CHARS = 7  # shorter headings differ from ours by a letter too easily
_GUESS_FROM_RATIO = 88.0  # `emial address` passes, `company id` (84) doesn't


def heading_key(heading: str) -> str:
    """The heading as the tables key it: folded, words and digits only; `Person - Email` → `person email`."""
    text = fold(heading)
    return " ".join("".join(char if char.isalnum() else " " for char in text).split())


@cache
def known_headings() -> Mapping[str, tuple[str, int]]:
    """Heading key → our field, and its place in the order of preference (0 is best)."""
    table: dict[str, tuple[str, int]] = {}
    for field, names in _NAMES.items():
        for rank, name in enumerate([field.replace("_", " "), *names.split(", ")]):
            table.setdefault(name, (field, rank))
    return table


def known_field(key: str) -> tuple[str, int] | None:
    """The field a heading key names, and its rank; None for an unknown one.

    Pipedrive puts the record before the field (`Person - First name`); the bare name is preferred.
    """
    if key in known_headings() or key in _NEVER:
        return known_headings().get(key)
    record, _, rest = key.partition(" ")
    field, rank = known_headings().get(rest, ("", 0))
    if record in _RECORDS and field and (field in _OF_COMPANY or record not in _COMPANIES):
        return field, rank + 100
    return None


def guessed_field(key: str, taken: Sequence[str]) -> str | None:
    """The field whose known heading is spelt almost like this one, and that isn't taken; None when unsure."""
    if len(key) < _GUESS_FROM_CHARS or key in _NEVER:
        return None
    from rapidfuzz import fuzz, process

    free = [name for name, (field, _) in known_headings().items() if field not in taken and len(name) >= 5]
    hits = process.extract(key, free, scorer=fuzz.ratio, score_cutoff=_GUESS_FROM_RATIO, limit=3)
    fields = {known_headings()[name][0] for name, _, _ in hits}
    return fields.pop() if len(fields) == 1 else None
