"""Real places, and how people write them."""

from dataclasses import dataclass

from loops.records import Place


@dataclass(frozen=True, slots=True)
class City:
    """A real city, with its region and country by code and by name."""

    name: str
    region: str | None
    # ISO 3166-2
    region_name: str
    country: str
    # ISO 3166-1 alpha-2
    phone: str | None
    # an international number range kept for fiction, `{}` for its last digits (2); None: no phone is given

    @property
    def place(self) -> Place:
        """The city as a normalised place."""
        return Place(city=self.name, region=self.region, country=self.country)


COUNTRY_NAMES = {
    "US": ("United States", "United States", "USA", "US", "United States of America"),
    "CA": ("Canada", "Canada", "CA"),
    "GB": ("United Kingdom", "UK", "United Kingdom", "GB", "England"),
    "IE": ("Ireland", "Ireland", "IE"),
    "DE": ("Germany", "Germany", "Deutschland", "DE"),
    "FR": ("France", "France", "FR"),
    "NL": ("Netherlands", "The Netherlands", "NL"),
    "ES": ("Spain", "Spain", "España", "ES"),
    "SE": ("Sweden", "SE"),
    "AU": ("Australia", "Australia", "AU"),
    "SG": ("Singapore", "SG"),
    "JP": ("Japan", "JP"),
    "IN": ("India", "IN"),
}
NORTH_AMERICA = ("US", "CA")
APAC = ("AU", "SG", "JP", "IN")
CURRENCIES = {"CA": "CAD", "GB": "GBP", "IE": "EUR", "DE": "EUR", "FR": "EUR", "NL": "EUR", "ES": "EUR"}
LEGAL_FORMS = {
    "US": ("Inc.", "LLC", "Corp.", ", Inc.", "Inc"),
    "CA": ("Inc.", "Ltd.", "Corp."),
    "GB": ("Ltd", "Limited", "plc", "LLP"),
    "IE": ("Ltd", "Limited", "plc"),
    "DE": ("GmbH", "AG", "GmbH & Co. KG", "SE"),
    "FR": ("SAS", "SA", "SARL"),
    "NL": ("B.V.", "N.V."),
    "ES": ("S.L.", "S.A."),
    "SE": ("AB",),
    "AU": ("Pty Ltd", "Ltd"),
    "SG": ("Pte. Ltd.",),
    "JP": ("K.K.", "Co., Ltd."),
    "IN": ("Pvt. Ltd.", "Ltd."),
}
# city | region code | region | phone range; one line a city, one block a country
_TABLE = {
    "US": """New York|NY|New York|+1 212 555 01{}
        Buffalo|NY|New York|+1 716 555 01{}
        Boston|MA|Massachusetts|+1 617 555 01{}
        Cambridge|MA|Massachusetts|+1 617 555 01{}
        Philadelphia|PA|Pennsylvania|+1 215 555 01{}
        Pittsburgh|PA|Pennsylvania|+1 412 555 01{}
        Baltimore|MD|Maryland|+1 410 555 01{}
        Arlington|VA|Virginia|+1 703 555 01{}
        Raleigh|NC|North Carolina|+1 919 555 01{}
        Charlotte|NC|North Carolina|+1 704 555 01{}
        Atlanta|GA|Georgia|+1 404 555 01{}
        Miami|FL|Florida|+1 305 555 01{}
        Tampa|FL|Florida|+1 813 555 01{}
        Hartford|CT|Connecticut|+1 860 555 01{}
        Newark|NJ|New Jersey|+1 973 555 01{}
        Portland|ME|Maine|+1 207 555 01{}
        Chicago|IL|Illinois|+1 312 555 01{}
        Springfield|IL|Illinois|+1 217 555 01{}
        Detroit|MI|Michigan|+1 313 555 01{}
        Columbus|OH|Ohio|+1 614 555 01{}
        Cleveland|OH|Ohio|+1 216 555 01{}
        Indianapolis|IN|Indiana|+1 317 555 01{}
        Minneapolis|MN|Minnesota|+1 612 555 01{}
        Milwaukee|WI|Wisconsin|+1 414 555 01{}
        Saint Louis|MO|Missouri|+1 314 555 01{}
        Kansas City|MO|Missouri|+1 816 555 01{}
        Nashville|TN|Tennessee|+1 615 555 01{}
        Austin|TX|Texas|+1 512 555 01{}
        Dallas|TX|Texas|+1 214 555 01{}
        Houston|TX|Texas|+1 713 555 01{}
        Denver|CO|Colorado|+1 303 555 01{}
        Boulder|CO|Colorado|+1 303 555 01{}
        Salt Lake City|UT|Utah|+1 801 555 01{}
        Phoenix|AZ|Arizona|+1 602 555 01{}
        San Francisco|CA|California|+1 415 555 01{}
        San Jose|CA|California|+1 408 555 01{}
        Los Angeles|CA|California|+1 213 555 01{}
        San Diego|CA|California|+1 619 555 01{}
        Sacramento|CA|California|+1 916 555 01{}
        Seattle|WA|Washington|+1 206 555 01{}
        Portland|OR|Oregon|+1 503 555 01{}
        Boise|ID|Idaho|+1 208 555 01{}""",
    "CA": """Toronto|ON|Ontario|+1 416 555 01{}
        London|ON|Ontario|+1 519 555 01{}
        Ottawa|ON|Ontario|+1 613 555 01{}
        Montreal|QC|Quebec|+1 514 555 01{}
        Vancouver|BC|British Columbia|+1 604 555 01{}
        Calgary|AB|Alberta|+1 403 555 01{}""",
    "GB": """London|ENG|England|+44 20 7946 09{}
        Manchester|ENG|England|+44 161 496 00{}
        Birmingham|ENG|England|+44 121 496 00{}
        Leeds|ENG|England|+44 113 496 00{}
        Bristol|ENG|England|+44 117 496 00{}
        Cambridge|ENG|England|
        Edinburgh|SCT|Scotland|+44 131 496 00{}
        Cardiff|WLS|Wales|+44 29 2018 00{}""",
    "IE": """Dublin|D|Dublin|
        Cork|CO|Cork|
        Galway|G|Galway|""",
    "DE": """Berlin|BE|Berlin|+49 30 23125 0{}
        Munich|BY|Bavaria|+49 89 99998 0{}
        Hamburg|HH|Hamburg|+49 40 66969 0{}
        Cologne|NW|North Rhine-Westphalia|+49 221 4710 0{}
        Frankfurt|HE|Hesse|+49 69 90009 0{}
        Stuttgart|BW|Baden-Württemberg|""",
    "FR": """Paris|IDF|Île-de-France|+33 1 99 00 00 {}
        Lyon|ARA|Auvergne-Rhône-Alpes|+33 4 65 71 00 {}
        Lille|HDF|Hauts-de-France|+33 3 53 01 00 {}
        Bordeaux|NAQ|Nouvelle-Aquitaine|+33 5 36 49 00 {}""",
    "NL": """Amsterdam|NH|North Holland|
        Rotterdam|ZH|South Holland|
        Utrecht|UT|Utrecht|""",
    "ES": """Madrid|M|Madrid|
        Barcelona|CT|Catalonia|
        Valencia|V|Valencia|""",
    "SE": """Stockholm||Stockholm|
        Gothenburg||Västra Götaland|""",
    "AU": """Sydney|NSW|New South Wales|+61 2 5550 00{}
        Melbourne|VIC|Victoria|+61 3 5550 00{}
        Brisbane|QLD|Queensland|+61 7 5550 00{}""",
    "SG": """Singapore|||""",
    "JP": """Tokyo|13|Tokyo|
        Osaka|27|Osaka|""",
    "IN": """Bengaluru|KA|Karnataka|
        Mumbai|MH|Maharashtra|""",
}


def _city(country: str, line: str) -> City:
    name, code, region, phone = line.strip().split("|")
    return City(name, f"{country}-{code}" if code else None, region, country, phone or None)


CITIES = {
    country: tuple(_city(country, row) for row in rows.splitlines()) for country, rows in _TABLE.items()
}
# Of a hundred companies, how many sit in each country.
_MIX = {"US": 50, "CA": 8, "GB": 13, "IE": 3, "DE": 7, "FR": 5, "NL": 3, "ES": 3, "SE": 2, "AU": 3, "SG": 1,
        "JP": 1, "IN": 1}  # fmt: skip
COUNTRY_MIX = tuple(country for country, share in _MIX.items() for _ in range(share))
AMBIGUOUS_CITIES = ("Springfield", "Cambridge", "Portland", "London", "Birmingham", "Vancouver", "Richmond",
                    "Hamilton", "Newport", "Kingston", "Wellington", "Columbus")  # fmt: skip


def find_city(name: str, country: str, region: str | None = None) -> City:
    """The city of that name in that country (and region, by code)."""
    rows = (c for c in CITIES[country] if c.name == name and region in (None, c.region))
    return next(rows)


def group(country: str) -> str:
    """The part of the market a country lies in: na, emea or apac."""
    if country in NORTH_AMERICA:
        return "na"
    return "apac" if country in APAC else "emea"
