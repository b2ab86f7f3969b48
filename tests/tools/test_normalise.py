"""Names, addresses, phones, places and titles in one written form."""

from zoneinfo import ZoneInfo

import pytest

from loops.records import Place
from tools.normalise import (
    FUNCTIONS,
    SENIORITIES,
    cleaned,
    company_key,
    email_parts,
    email_problem,
    function,
    given_name,
    person_names,
    phone_e164,
    place,
    registered_domain,
    seniority,
    zone_for,
)

pytestmark = pytest.mark.feature("QU9")


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("3M LLC", "3m"),
        ("Trade Desk (The)", "trade desk"),
        ("The Trade Desk, Inc.", "trade desk"),
        ("Alphabet Inc. (Class A)", "alphabet"),
        ("Akamai Technologies (US)", "akamai technologies"),
        ("Stryker Corp Inc", "stryker"),
        ("Müller GmbH & Co. KG", "muller"),
        ("L’Oréal S.A.", "loreal"),
        ("Brown–Forman", "brown forman"),
        ("Amazon.com, Inc.", "amazon"),
        ("Acme Sp. z o.o.", "acme"),
        ("Acme Pty. Ltd.", "acme"),
        ("Foo A/S", "foo"),
        ("株式会社トヨタ", "トヨタ"),
        ("ООО Яндекс", "яндекс"),  # noqa: RUF001
        ("شركة المثال", "شركة المثال"),
        ("🚀 Acme", "acme"),
        ("", ""),
        ("🚀🚀", ""),
    ],
)
def test_a_company_key_is_free_of_legal_forms_notes_and_accents(written: str, key: str) -> None:
    assert company_key(written) == key


@pytest.mark.parametrize(
    "written",
    [
        ("A. O. Smith", "A.O. Smith Corporation", "A O Smith"),
        ("AT&T", "AT&T Inc.", "AT&T, INC"),
        ("Johnson & Johnson", "Johnson&Johnson", "Johnson and Johnson"),
        ("Mettler Toledo", "Mettler-Toledo LLC", "METTLER  TOLEDO"),
        ("Casey's Inc", "Caseys", "Casey’s"),
    ],
)
def test_spellings_of_one_company_share_a_key(written: tuple[str, ...]) -> None:
    assert len({company_key(name) for name in written}) == 1


def test_different_companies_keep_different_keys() -> None:
    names = [
        "GE Aerospace",
        "GE Vernova",
        "GE HealthCare",
        "News Corp",
        "Fox Corporation",
        "Limited",
        "The",
        "SA",
    ]
    assert len({company_key(name) for name in names}) == len(names)


def test_a_name_that_is_only_a_legal_form_keeps_it() -> None:
    assert company_key("Limited") == "limited"
    assert company_key("(RED)") == "red"


def test_reading_a_company_key_again_changes_nothing() -> None:
    for name in ("Alphabet Inc. (Class A)", "Müller GmbH & Co. KG", "A. O. Smith", "AT&T"):
        assert company_key(company_key(name)) == company_key(name)


@pytest.mark.parametrize(
    ("full", "names"),
    [
        ("Larsen, Priya", ("Priya", "Larsen")),
        ("Dr. Priya Larsen", ("Priya", "Larsen")),
        ("Ludwig van der Rohe", ("Ludwig", "van der Rohe")),
        ("Juan Carlos Silva", ("Juan Carlos", "Silva")),
        ("Cher", ("Cher", "")),
        ("", ("", "")),
    ],
)
def test_a_whole_name_splits_into_first_and_last(full: str, names: tuple[str, str]) -> None:
    assert person_names(full) == names


def test_a_shouted_name_is_greeted_quietly_and_a_mixed_one_kept() -> None:
    assert (given_name("PRIYA"), given_name("anne-marie"), given_name("McDonald")) == (
        "Priya",
        "Anne-Marie",
        "McDonald",
    )


def test_invisible_and_direction_turning_characters_disappear() -> None:
    assert cleaned("\u202eJo\u200bnas\x00\u00a0 Reyes\n") == "Jonas Reyes"


def test_a_lead_from_gmail_has_no_domain() -> None:
    email = email_parts("Felix.Costa@gmail.com")
    assert email and (email.address, email.domain, email.kind) == ("felix.costa@gmail.com", None, "free")


def test_a_throw_away_address_is_disposable_even_where_it_is_free_too() -> None:
    email = email_parts("x@mailinator.com")
    assert email and (email.kind, email.domain) == ("disposable", None)


@pytest.mark.parametrize(
    ("written", "address", "domain"),
    [
        ("priya.larsen@3m.example", "priya.larsen@3m.example", "3m.example"),
        ("A.B@Mail.Shop.Foo.CO.UK", "a.b@mail.shop.foo.co.uk", "foo.co.uk"),
        ("Jane <j@acme.com>", "j@acme.com", "acme.com"),
        ("mailto:j@acme.com", "j@acme.com", "acme.com"),
        (" \u200bj@acme.com.\u00a0", "j@acme.com", "acme.com"),
        ("j@bücher.de", "j@xn--bcher-kva.de", "xn--bcher-kva.de"),
    ],
)
def test_a_business_address_gives_its_registered_domain(written: str, address: str, domain: str) -> None:
    email = email_parts(written)
    assert email and (email.address, email.domain, email.kind) == (address, domain, "business")
    assert email_problem(written) is None


@pytest.mark.parametrize(
    "written",
    [
        "",
        "not-an-email",
        "a@b",
        "a@x.com; b@y.com",
        "a@x.com,b@y.com",
        "ü@foo.de",
        "a@[1.2.3.4]",
        "a b@x.com",
        "a@x.com\nBcc: b@y.com",
        "a@x..com",
        "a" * 400 + "@x.com",
    ],
)
def test_what_is_not_exactly_one_valid_address_is_none_with_a_reason(written: str) -> None:
    assert email_parts(written) is None
    reason = email_problem(written)
    assert reason and (not written or written not in reason)


@pytest.mark.parametrize(
    ("host", "domain"),
    [
        ("https://www.foo.co.uk/about?x=1", "foo.co.uk"),
        ("foo.com:8080", "foo.com"),
        ("HTTP://Shop.Foo.com", "foo.com"),
        ("3m.example", "3m.example"),
        ("localhost", None),
        ("10.0.0.1", None),
        ("co.uk", None),
        ("", None),
    ],
)
def test_a_web_address_gives_the_domain_somebody_registered(host: str, domain: str | None) -> None:
    assert registered_domain(host) == domain


def test_two_example_hosts_are_two_domains() -> None:
    assert registered_domain("3m.example") != registered_domain("adobe.example")


@pytest.mark.parametrize(
    ("written", "country", "number"),
    [
        ("(415) 555-2671 ext 12", "US", "+14155552671"),
        ("+49 30 901820", None, "+4930901820"),
        ("0049 30 901820", None, "+4930901820"),
        ("030 901820", "DE", "+4930901820"),
        ("030 901820", None, None),
        ("123", "US", None),
        ("please call me", "US", None),
    ],
)
def test_a_phone_number_is_e164_or_nothing(written: str, country: str | None, number: str | None) -> None:
    assert phone_e164(written, country) == number


@pytest.mark.parametrize(
    ("city", "region", "country", "code"),
    [
        ("", "Minnesota", "", "US-MN"),
        ("", "CA", "", "US-CA"),
        ("", "Calif.", "USA", "US-CA"),
        ("", "D.C.", "", "US-DC"),
        ("", "Virginia[2]", "", "US-VA"),
        ("", "ON", "", "CA-ON"),
        ("", "Georgia", "", "US-GA"),
        ("", "", "California", "US-CA"),
        ("Austin, TX 78701", "", "", "US-TX"),
        ("München", "Bayern", "Deutschland", "DE-BY"),
        ("", "Bavaria", "", "DE-BY"),
        ("", "County Cork", "Ireland", "IE-CO"),
        ("", "Luxembourg", "Belgium", "BE-WLX"),
        ("", "England", "", "GB-ENG"),
    ],
)
def test_a_region_is_its_iso_code_and_says_its_country(
    city: str, region: str, country: str, code: str
) -> None:
    found = place(city, region, country)
    assert (found.region, found.country, found.conflict) == (code, code[:2], ())


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("U.S.", "US"),
        ("UK", "GB"),
        ("England", "GB"),
        ("Korea, Republic of", "KR"),
        ("États-Unis", "US"),
        ("Deutschland", "DE"),
        ("Georgia", "GE"),
        ("CA", "CA"),
        ("DE", "DE"),
        ("the Netherlands", "NL"),
        ("deu", "DE"),
        ("Vereinigte Staaten", "US"),
        ("Alemania", "DE"),
        ("EMEA", None),
        ("", None),
    ],
)
def test_a_country_is_read_in_several_languages_and_codes(written: str, code: str | None) -> None:
    assert place("", "", written).country == code


@pytest.mark.parametrize(
    ("city", "region", "country", "between"),
    [
        ("Galway", "Ireland", "United States", ("IE", "US")),
        ("Warmley", "Bristol, United Kingdom", "United States", ("GB", "US")),
        ("", "Ontario", "United States", ("CA", "US")),
        ("Dublin, Ireland", "", "United States", ("IE", "US")),
        ("", "Texas", "Georgia", ("GE", "US")),
        ("", "", "United States, Canada", ("CA", "US")),
    ],
)
def test_parts_that_name_two_countries_are_a_conflict(
    city: str, region: str, country: str, between: tuple[str, ...]
) -> None:
    found = place(city, region, country)
    assert (found.conflict, found.country, found.region) == (between, None, None)


@pytest.mark.parametrize(
    ("region", "country"),
    [
        ("CA", "Canada"),
        ("Midlands", "UK"),
        ("IL", "France"),
        ("Puerto Rico", "US"),
        ("Illinois; Chicago", "US"),
    ],
)
def test_what_agrees_or_says_too_little_is_no_conflict(region: str, country: str) -> None:
    assert place("", region, country).conflict == ()


def test_two_states_of_one_country_leave_the_region_open() -> None:
    assert place("", "Ohio; Detroit, Michigan", "") == Place(country="US")


def test_only_its_city_makes_georgia_a_country_in_a_state_column() -> None:
    assert place("Tbilisi", "Georgia", "").country == "GE"
    assert place("Atlanta", "Georgia", "").country == "US"


def test_a_city_alone_says_no_country() -> None:
    assert place("Dublin", "", "") == Place(city="Dublin")


def test_nothing_written_is_nowhere() -> None:
    assert place("", "", "") == Place()


@pytest.mark.parametrize(
    ("where", "zone"),
    [
        (Place(country="US", region="US-CA"), "America/Los_Angeles"),
        (Place(country="US", region="US-TN"), "America/Chicago"),
        (Place(country="US"), "America/New_York"),
        (Place(country="CA", region="CA-BC"), "America/Vancouver"),
        (Place(country="CA", city="Vancouver"), "America/Vancouver"),
        (Place(country="AU", region="AU-WA"), "Australia/Perth"),
        (Place(country="BR"), "America/Sao_Paulo"),
        (Place(country="DE"), "Europe/Berlin"),
        (Place(country="IE"), "Europe/Dublin"),
        (Place(), "Europe/Vienna"),
        (Place(city="Galway", conflict=("IE", "US")), "Europe/Vienna"),
    ],
)
def test_a_recipient_has_the_zone_of_their_state_city_or_country(where: Place, zone: str) -> None:
    assert zone_for(where, default="Europe/Vienna") == zone


def test_every_state_and_country_has_a_zone_that_exists() -> None:
    from tools.normalise.gazetteer import countries, regions

    uninhabited = {"BV", "HM"}
    for country in sorted(set(countries().values()) - uninhabited):
        assert ZoneInfo(zone_for(Place(country=country), default="Nowhere/None"))
    for region in sorted(set(regions("US").values())):
        assert ZoneInfo(zone_for(Place(country="US", region=region)))


@pytest.mark.parametrize(
    ("title", "rank", "work"),
    [
        ("VP Revenue Operations", "vp", "revenue_operations"),
        ("Vice President, Sales", "vp", "sales"),
        ("SVP Marketing", "vp", "marketing"),
        ("Assistant Vice President Finance", "vp", "finance"),
        ("Chief Revenue Officer", "c_level", "sales"),
        ("CFO", "c_level", "finance"),
        ("Co-Founder & CEO", "c_level", "general_management"),
        ("President", "c_level", "general_management"),
        ("Geschäftsführerin", "c_level", "general_management"),
        ("Executive Assistant to the CFO", "individual", "finance"),
        ("IT Director", "director", "it"),
        ("Head of Growth", "director", "growth"),
        ("Director of Sales Operations", "director", "revenue_operations"),
        ("Vertriebsleiter", "director", "sales"),
        ("Leiterin Einkauf", "director", "procurement"),
        ("Teamleiter Vertrieb", "manager", "sales"),
        ("Marketing Operations Manager", "manager", "marketing_operations"),
        ("Sales Enablement Lead", "manager", "sales_enablement"),
        ("Jefe de Ventas", "manager", "sales"),
        ("Procurement Analyst", "individual", "procurement"),
        ("Product Owner", "individual", "product"),
        ("Account Executive", "individual", "sales"),
        ("Software Engineer", "individual", "engineering"),
        ("Student", "student", "unknown"),
        ("Marketing Intern", "student", "marketing"),
        ("International Sales Manager", "manager", "sales"),
        ("Wizard", "unknown", "unknown"),
        ("", "unknown", "unknown"),
    ],
)
def test_a_title_says_rank_and_function(title: str, rank: str, work: str) -> None:
    assert (seniority(title), function(title)) == (rank, work)
    assert rank in SENIORITIES and work in FUNCTIONS
