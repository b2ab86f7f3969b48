"""Where leads come from, in our words, whatever the other system calls it."""

from functools import lru_cache

from tools.intake.headings import heading_key

SOURCES = (
    "contact_form",
    "demo_request",
    "webinar",
    "event",
    "newsletter",
    "content_download",
    "outbound_signal",
    "partner",
    "referral",
    "paid",
    "organic",
    "list",
    "other",
)

_ALIASES: dict[str, str] = {
    "demo_request": (
        "demo, demo request, request a demo, book a demo, trial, free trial, trial request, "
        "pricing request, demoanfrage, demande de demo, solicitud de demo, demo form, poc, "
        "schedule a meeting"
    ),
    "contact_form": (
        "contact form, contact us, web form, webform, website form, form, form submission, inbound, "
        "inquiry, web inquiry, kontaktformular, formulaire de contact, formulario de contacto, "
        "contact, website, web, web site, chat, live chat, chatbot, phone inquiry, call in, "
        "web to lead, direct traffic, inbound call, email inquiry"
    ),
    "webinar": "webinar, webcast, online event, virtual event, webinaire",
    "event": (
        "event, trade show, tradeshow, conference, exhibition, fair, messe, veranstaltung, seminar, "
        "seminar partner, booth, meetup, roadshow, evenement, evento, salon, feria, "
        "seminar internal, workshop, offline event"
    ),
    "newsletter": (
        "newsletter, newsletter signup, email newsletter, subscription, blog subscription, "
        "subscriber, email marketing, email campaign, mailing"
    ),
    "content_download": (
        "content download, content, white paper, whitepaper, ebook, e book, download, case study, "
        "report, guide, gated content, asset download, content syndication, infographic, livre blanc"
    ),
    "outbound_signal": (
        "outbound signal, signal, intent, intent data, outbound, prospecting, sdr outbound, bombora, "
        "g2 intent, trigger event, buying signal, cold outreach, cold email, outbound prospecting"
    ),
    "partner": (
        "partner, partner referral, channel partner, reseller, partnership, channel, alliance, "
        "marketplace, external partner, app exchange, appexchange"
    ),
    "referral": (
        "referral, customer referral, employee referral, external referral, word of mouth, "
        "empfehlung, referrals, recommandation, recomendacion, referred, internal referral, "
        "referral traffic"
    ),
    "paid": (
        "paid, paid search, paid social, ppc, google ads, adwords, google adwords, facebook ads, "
        "linkedin ads, advertisement, advertising, ads, cpc, display, retargeting, werbung, "
        "sponsored, paid media, publicite"
    ),
    "organic": (
        "organic, organic search, seo, organic social, search, google, search engine, social media, "
        "social, linkedin, blog, ai referrals, twitter, facebook"
    ),
    "list": (
        "list, purchased list, list import, import, offline sources, offline, csv import, "
        "data import, bought list, list purchase, zoominfo, apollo, crm import, cold list, liste"
    ),
    "other": "other, unknown, andere, sonstige, autre, otro, other campaigns, misc",
}

_TABLE = {alias: source for source, names in _ALIASES.items() for alias in names.split(", ")}


@lru_cache(maxsize=2_048)
def source_of(text: str) -> str:
    """One of `SOURCES`; `other` for a blank or unknown word.

    A longer text counts by the longest alias in it: `Webinar - Q3 pipeline` is a webinar.
    """
    key = heading_key(text)
    if key in _TABLE:
        return _TABLE[key]
    inside = [alias for alias in _TABLE if len(alias) > 3 and f" {alias} " in f" {key} "]
    return _TABLE[max(inside, key=lambda alias: (len(alias), alias))] if inside else "other"
