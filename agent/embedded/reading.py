"""Dated facts in prose: what a sentence says happened at a company, by its wording."""

import re
from collections.abc import Callable

from loops.engage.facts import FactKind

Details = dict[str, str]
_NAME = r"[A-Z][\w&'’.-]*(?:\s(?:(?:of|de|van|von|der|and|&)\s)?[A-Z][\w&'’-]*)*"
_PERSON = r"[A-ZÀ-Þ][\w'’-]+(?:\s(?:de|van|von|der|la|[A-Z]\.))?(?:\s[A-ZÀ-Þ][\w'’-]+){1,2}"
_COUNT = (
    r"\d[\d,]*|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|"
    r"eighteen|twenty|thirty|forty|fifty|sixty|(?:a )?dozen|two dozen|(?:a )?hundred"
)
_AMOUNT = re.compile(
    r"(?:(?:US|USD|EUR|GBP|CHF|CAD)\s?)?[$€£]?\s?\d+(?:[.,]\d+)?[\s-]?(?:million|billion|bn|mn|m|k)\b"
    r"(?:[\s-](?:US )?(?:dollars?|euros?|pounds?|francs?|kronor))?|[$€£]\d{1,3}(?:,\d{3}){1,3}"
)
_ROUND = re.compile(
    r"\b(?:[Ss]eries [A-H]\b|(?:[Pp]re-)?[Ss]eed\b(?= (?:round|funding|investment|financing|extension))|"
    r"(?:growth|bridge|venture) round)"
)
_MONEY = re.compile(
    r"\b(rais\w+|funding|financing|invest\w+|round|backers?|capital|equity|brought in|clos(?:e[ds]?|ing) "
    r"(?:of|on|its|an?|the)|secur\w+|land\w+)\b",
    re.IGNORECASE,
)
_NOT_MONEY = re.compile(
    r"\b(revenues?|turnover|sales of|contract|fine[ds]?|lawsuit|charity|profit|loss|order worth|"
    r"acquir\w+|bought|budget|savings?)\b",
    re.IGNORECASE,
)
_INVESTOR = re.compile(
    rf"\b(?:led by|backed by|backing from|investment from|money from|funding from|from)\s(?:the\s)?"
    rf"(?:investors?\s)?({_NAME})|({_NAME})\s(?:led|leads|leading|has led|headed)\b"
)
_ROLE = re.compile(
    r"\b(?:(?:[Cc]hief|CHIEF) (?:[A-Za-z]+ ){1,3}?[Oo]fficer|C[A-Z]O|(?:[SE]?VP|(?:[Ss]enior |"
    r"[Ee]xecutive )?[Vv]ice"
    r" [Pp]resident)(?:(?: of| for|,)? (?:the )?[A-Z][\w&]+(?: (?:and |& )?[A-Z][\w&]+)*)?|[Hh]ead of "
    r"(?:the )?[A-Za-z]+"
    r"(?: [A-Z][a-z]+| operations| development| success)*|(?:[Mm]anaging |[Ss]ales |[Cc]ommercial "
    r")[Dd]irector|"
    r"[Dd]irector of [A-Za-z]+(?: [A-Z][a-z]+| operations| development)*|[Gg]eneral [Mm]anager|"
    r"[Ff]inance [Cc]hief|"
    r"[Ss]ales [Cc]hief|[Cc]hief [Ee]xecutive)\b"
)
_JOIN = re.compile(
    r"\b(appoint\w*|nam(?:ed|es|ing)|hir(?:ed|es)|join(?:s|ed|ing)?|promot\w+|welcom\w+|tak(?:es|ing|en) "
    r"over|took over|"
    r"tapp(?:ed|s)|recruit(?:ed|s)|brought in|brings? in|succeed(?:s|ed)|start(?:s|ed) as|begins? as|"
    r"began as|step(?:s|ped) "
    r"(?:up|into)|new|installed|is now|has become|became|elevat\w+|poached|lured|arriv\w+|will lead|put "
    r"\S+ \S+ in charge|"
    r"assum(?:es|ed)|moves? into|moved into|handed|goes to|went to|falls to|picks?|chose|chosen)\b",
    re.IGNORECASE,
)
_LEAVE = re.compile(
    r"\b(left|leaves|is leaving|stepp?(?:ed|s|ing) down|resign\w*|depart\w*|retir\w+|quit|ousted|exits?)\b",
    re.IGNORECASE,
)
_AFTER_LEFT = re.compile(
    rf"({_PERSON})(?:,[^,]+,)?\s(?:has\s|is\s|will\s)?(?:left|leav|stepp?|resign|depart|retir|quit|exit)"
)
_ORGANISATION = re.compile(
    r"\b(Group|Software|Systems|Ventures|Capital|Partners|Labs|Inc|Ltd|GmbH|Digital|Networks|Data|"
    r"Holdings|Growth|Equity|"
    r"Corp|Bank|Company|Times|News|Post|Series|Chief|Officer|Vice|President|Head|Director|Manager|Board|"
    r"January|February|"
    r"March|April|June|July|August|September|October|November|December|Monday|Tuesday|Wednesday|Thursday|"
    r"Friday)\b"
)
_PRIOR = re.compile(
    rf"\b(?:from|formerly (?:of|at|with)|previously (?:of|at|with)|at|of|left|ex-)\s({_NAME})"
)
_QUIT_TOOL = re.compile(
    rf"\b(?:stopp?(?:ed|s|ing) using|drop(?:ped|s|ping)|end(?:ed|s|ing) (?:its|their|the) (?:contract|"
    rf"subscription|"
    rf"agreement|relationship|deal|licen[cs]e) with|(?:mov(?:ed|es|ing)|switch(?:ed|es|ing)|migrat(?:ed|"
    rf"es|ing)|shift(?:ed|s|"
    rf"ing)|turn(?:ed|s|ing)|walk(?:ed|s|ing)|transition(?:ed|s|ing)) (?:away |off |over )?(?:from|off|"
    rf"of)|replac(?:ed|es|ing)|"
    rf"cancel(?:l?ed|s|l?ing)|terminat(?:ed|es|ing)|ditch(?:ed|es|ing)|abandon(?:ed|s|ing)|part(?:ed|s|"
    rf"ing)? (?:ways|company) "
    rf"with|(?:did not|didn['’]t|will not|won['’]t|chose not to|decided not to|has not|declined to) "
    rf"renew(?:ed)?|let|retir(?:ed|"
    rf"es|ing)|left|leav(?:es|ing)|gave up(?: on)?|giv(?:es|ing) up(?: on)?|phas(?:ed|es|ing) out|"
    rf"turn(?:ed|s) its back on|"
    rf"(?:will|plans to|is set to) (?:leave|replace|drop)|pull(?:ed|s) the plug on|sever(?:ed|s) ties "
    rf"with|had enough of|"
    rf"broke(?:n)? with|switch(?:ed|es) off|no longer (?:uses|relies on|works with|runs)|part(?:ed|s) with|"
    rf"said goodbye to|say(?:s|ing) goodbye to|quit(?:s|ting)?|c(?:o|a)me off)\s+(?:(?:its|their|the|a|"
    rf"an|use of|using|contract|subscription|licen[cs]e|"
    rf"agreement|long-time|longtime|former|current|existing|incumbent|vendor|supplier|provider|platform|"
    rf"tool|system|software|"
    rf"with|for|to|of|from|after|years|[a-z]+-?[a-z]*)\s+){{0,6}}({_NAME})"
)
_LOST = re.compile(rf"({_NAME})\s(?:has\s)?(?:lost|loses|is losing)\b|\bloss (?:for|to) ({_NAME})")
_TOOL = re.compile(
    r"\b(tool|software|platform|vendor|supplier|provider|contract|subscription|licen[cs]es?|system|CRM|"
    r"renew\w*|migrat\w+|"
    r"customers?|outage|us(?:es|ing)|switch\w*|stack|application|product|deployment|seats)\b",
    re.IGNORECASE,
)
_SITE = (
    r"(office|hub|warehouse|distribution cent(?:er|re)|plant|factory|store|branch|lab|laboratory|site|"
    r"facility|"
    r"outpost|location|base|cent(?:er|re)|depot|clinic|studio|showroom|campus|headquarters|team|operation|"
    r"subsidiary|presence|premises)s?"
)
_GROW = re.compile(
    r"\b(open(?:s|ed|ing)?|expand\w*|expansion|enter(?:s|ed|ing)?|set(?:s|ting)? up|establish\w*|moved? "
    r"into|moves into|"
    r"new|inaugurat\w+|launch(?:ed|es) (?:in|operations)|start(?:s|ed) (?:in|operations|trading)|"
    r"sign(?:s|ed) a lease|"
    r"cut the ribbon|took (?:over )?space|home to|newest|arriv\w+|leas(?:ed|es|ing)|added|adds|adding|"
    r"extend\w*|broke ground)\b",
    re.IGNORECASE,
)
_PLACE = re.compile(
    rf"\b(?:in|into|to|near|at|outside|of)\s(?:downtown |central |greater |the )?({_NAME})\b(?! market| "
    rf"customers)|"
    rf"\b(?:[Ii]ts|[Aa]n?|[Tt]he|[Tt]heir)\s(?:first |new |second |third )*({_NAME})\s{_SITE}\b"
)
_HIRE = re.compile(
    r"\b(hir(?:e|es|ing|ed)|recruit(?:s|ing|ed|ment)?|open (?:roles?|positions?|posts)|vacanc(?:y|ies)|"
    r"job openings?|openings|"
    r"job (?:ads?|adverts?|postings?|listings?)|adding|add|adds|advertis\w+|look(?:s|ing) for|seek(?:s|"
    r"ing)?|search(?:es|ing)? for|"
    r"grow(?:s|ing)? (?:its|the|their)|fill|posted|staff up|wants?|needs?|roles?|positions?|headcount|"
    r"list(?:s|ed)|jobs|staffing)\b",
    re.IGNORECASE,
)
_HOWMANY = re.compile(
    rf"\b({_COUNT})\s(?:(?:new|open|more|additional|extra|further|vacant|"
    rf"unfilled)\s)*((?:[a-z]+(?:-[a-z]+)*\s){{0,3}}?"
    r"(?:reps?|representatives|executives|engineers|managers|people|roles|positions|jobs|vacancies|"
    r"openings|posts|staff|"
    r"hires|staff members|sellers|specialists|employees|consultants|salespeople|recruits|analysts|"
    r"developers|advisers|advisors|colleagues|"
    r"seats|places|heads))\b",
    re.IGNORECASE,
)
_TEAM = re.compile(
    r"\b(account executive|sales development|sales engineering|customer success|revenue operations|sales "
    r"operations|"
    r"field sales|inside sales|business development|sales|marketing|engineering|support|partnerships|"
    r"operations|finance|"
    r"product)\b",
    re.IGNORECASE,
)
_NO_HIRE = re.compile(
    r"\b(lay(?:s|ing)? off|laid off|layoffs|cut(?:s|ting)? (?:jobs|\d+)|redundanc\w+|freez\w+|fir(?:ed|"
    r"ing))\b",
    re.IGNORECASE,
)
_LAUNCH = re.compile(
    r"\b(launch(?:es|ed|ing)?|unveil(?:s|ed|ing)?|introduc(?:es|ed|ing)|releas(?:es|ed|ing)|roll(?:s|ed|"
    r"ing) out|debut(?:s|ed)?|"
    r"brought? (?:\S+ )?to market|present(?:s|ed)|went live|is now (?:available|live|on sale)|on sale|"
    r"announc(?:es|ed)|put "
    r"\S+ on the market|started selling|began selling|shipp?(?:ed|s|ing)|takes? the wraps off|went on "
    r"sale|goes live|new product|"
    r"added|can now|wraps off|newest offering|latest offering|new offering)\b",
    re.IGNORECASE,
)
_PRODUCT = re.compile(
    rf"\b(?i:launch(?:es|ed|ing)?|launch of|unveil(?:s|ed|ing)?|introduc(?:es|ed|ing)|introduction of|"
    rf"releas(?:es|ed|ing)|"
    rf"release of|roll(?:s|ed|ing) out|debut(?:s|ed)?|debut of|present(?:s|ed)|call(?:s|ed)|named|"
    rf"brought|bring(?:s|ing)?|brings|"
    rf"announc(?:es|ed)|shipp?(?:ed|s|ing)|wraps off|selling|put|buy|order|offering(?: of [^.]{{3,40}})? "
    rf"is|its name is)\s(?:(?:its|the|a|an|new|latest)\s)*({_NAME})|"
    rf"({_NAME})(?:,[^,]{{3,60}},)?\s(?:is now (?:available|live|on sale)|went live|goes live|went on sale|"
    rf"came to market|made its debut|debuted)"
)


_NOT_FOREIGN = re.compile(
    r"(January|February|March|April|May|June|July|August|September|"
    r"October|November|December|The|It|Its|Q[1-4])\b"
)


def read_sentence(sentence: str, company: str) -> tuple[FactKind, Details] | None:
    """What the sentence says happened at the company, in its own words; None: nothing."""
    for kind, read in _READERS:
        details = read(sentence, company)
        if details:
            return kind, details
    return None


def _funding(sentence: str, company: str) -> Details:
    stage, amount = _ROUND.search(sentence), _AMOUNT.search(sentence)
    if not (stage or amount) or not _MONEY.search(sentence) or (not stage and _NOT_MONEY.search(sentence)):
        return {}
    details = {"round": stage.group()} if stage else {}
    if amount:
        details["amount"] = amount.group().strip()
    investor = next(
        (name for name in _groups(_INVESTOR, _ROUND.sub("round", sentence)) if _foreign(name, company)), None
    )
    return details | ({"investor": investor} if investor else {})


def _executive(sentence: str, company: str) -> Details:
    role = _ROLE.search(sentence)
    if role is None or not (_JOIN.search(sentence) or _LEAVE.search(sentence)):
        return {}
    named = _people(sentence, company, role.group())
    gone = [found.group(1) for found in _AFTER_LEFT.finditer(sentence) if found.group(1) in named]
    staying = [name for name in named if name not in gone]
    if staying and _JOIN.search(sentence):
        return {"person": staying[0], "role": role.group()}
    return {"leaver": gone[0], "role": role.group()} if gone else {}


def _people(sentence: str, company: str, role: str) -> list[str]:
    elsewhere = {found.group(1) for found in _PRIOR.finditer(sentence)}
    text = sentence.replace(role, "|").replace(company, "|")
    names = [re.sub(r"['’]s$", "", found.group()) for found in re.finditer(_PERSON, text)]
    return [name for name in names if not _ORGANISATION.search(name) and name not in elsewhere]


def _churn(sentence: str, company: str) -> Details:
    if not _TOOL.search(sentence) or _ROLE.search(sentence):
        return {}
    lost = _groups(_LOST, sentence) if company in sentence else []
    rivals = [name for name in (*lost, *_groups(_QUIT_TOOL, sentence)) if _foreign(name, company)]
    return {"rival": rivals[0]} if rivals else {}


def _expansion(sentence: str, company: str) -> Details:
    site = re.search(rf"\b{_SITE}\b", sentence)
    market = re.search(
        r"\b(market|operations|business|expan\w+|footprint|region|set up in|opened (?:up )?in|moved? "
        r"into|started (?:up )?in|doors)\b",
        sentence,
    )
    if not (site or market) or not _GROW.search(sentence):
        return {}
    home = re.match(rf"({_NAME}) is (?:now )?home to", sentence)
    places = (
        [home.group(1)]
        if home
        else [
            name
            for name in _groups(_PLACE, sentence)
            if _foreign(name, company) and not _ORGANISATION.search(name)
        ]
    )
    if not places:
        return {}
    details = {"place": places[0]}
    if site and site.group(1) not in (
        "team",
        "headquarters",
        "operation",
        "presence",
        "premises",
        "base",
        "location",
    ):
        details["site"] = site.group(1)
    return details


def _hiring(sentence: str, company: str) -> Details:
    if not _HIRE.search(sentence) or _NO_HIRE.search(sentence) or re.search(r"\bspace for\b", sentence):
        return {}
    count, team = _HOWMANY.search(sentence), _TEAM.search(sentence.replace(company, ""))
    if count and re.search(r"\b(seats|places|desks)\b", count.group(2)):
        count = None
    details = {"count": count.group(1), "roles": count.group(2)} if count else {}
    if team:
        details["team"] = team.group()
    return details if count else {}


def _launch(sentence: str, company: str) -> Details:
    if not _LAUNCH.search(sentence):
        return {}
    products = [
        name
        for name in _groups(_PRODUCT, sentence)
        if _foreign(name, company) and not re.search(r"\b(Series|Chief|VP)\b", name)
    ]
    return {"product": products[0]} if products else {}


def _groups(pattern: re.Pattern[str], sentence: str) -> list[str]:
    """What the pattern's groups caught, in order, without a closing possessive or stop."""
    caught = [next((part for part in found.groups() if part), "") for found in pattern.finditer(sentence)]
    return [re.sub(r"(['’]s|[.,'’])+$", "", name) for name in caught if name]


def _foreign(name: str, company: str) -> bool:
    return (
        name.casefold() not in company.casefold()
        and company.casefold() not in name.casefold()
        and not _NOT_FOREIGN.match(name)
    )


_READERS: tuple[tuple[FactKind, Callable[[str, str], Details]], ...] = (
    ("competitor_churn", _churn),
    ("funding", _funding),
    ("executive_change", _executive),
    ("hiring", _hiring),
    ("expansion", _expansion),
    ("product_launch", _launch),
)
