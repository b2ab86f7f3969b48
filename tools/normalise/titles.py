"""What a job title says: how senior the person is, and which part of the company they work in."""

import re
from functools import lru_cache

from tools.normalise.text import cleaned, fold

SENIORITIES = ("c_level", "vp", "director", "manager", "individual", "student", "unknown")

_NOT_WORD = re.compile(r"[^\w&]+")


def _any_of(words: str) -> re.Pattern[str]:
    """A pattern of whole words, separated by commas; `*` stands for any letters."""
    parts = (re.escape(word.strip()).replace(r"\*", r"\w*") for word in words.split(","))
    return re.compile(r"\b(?:" + "|".join(parts) + r")\b")


_CHIEFS = "ceo,cfo,coo,cto,cio,cmo,cro,cpo,cso,chro,cdo,ciso,cco,cao,clo,cgo,cxo,pdg,dg"
# "Assistant to the CFO" is no CFO.
_OF_ANOTHER = re.compile(r"\b(?:to|of|for) (?:the |our )?(?:" + _CHIEFS.replace(",", "|") + r")\b")
_VICE = _any_of("vp,vps,svp,evp,avp,gvp,rvp,vice president*,vice presidente,vize prasident*,vicepresident*")
_ASSISTS = _any_of("assistant to,executive assistant,personal assistant")

# In the order they are tried, once vice presidents are taken out.
_RANKS: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "student",
        _any_of(
            "student*,studierend*,intern,interns,internship,trainee*,praktikant*,werkstudent*,stagiaire,"
            "becario,becaria,azubi*,apprentice*,undergraduate*,phd candidate,etudiant*"
        ),
    ),
    (
        "individual",
        _any_of(
            "executive assistant,personal assistant,office assistant,administrative assistant,"
            "marketing assistant,sales assistant,assistant to,assistenz,assistent*,secretary,sekretar*,"
            "product owner,account manager,key account manager,project manager,product manager,"
            "program manager,programme manager,case manager,office manager,community manager,"
            "content manager,social media manager,customer success manager"
        ),
    ),
    ("director", _any_of("chief of staff")),
    (
        "c_level",
        _any_of(
            _CHIEFS
            + ",chief,founder*,cofounder*,owner*,inhaber*,president,chairman,chairwoman,chairperson,chair,"
            "managing director,managing partner,geschaftsfuhr*,geschaeftsfuehr*,vorstand*,prokurist*,"
            "directeur general,directrice general*,director general,directora general,amministratore*,"
            "gerente general,general partner"
        ),
    ),
    ("c_level", re.compile(r"^(?:senior )?partner$")),
    ("manager", _any_of("teamleit*,gruppenleit*,projektleit*,team lead*")),
    (
        "director",
        _any_of(
            "director,directora,directeur,directrice,direktor*,direttore,direttrice,head,*leiter,"
            "*leiterin,leitung,general manager,direccion"
        ),
    ),
    (
        "manager",
        _any_of(
            "*manager,*managerin,mgr,lead,leader,supervisor,teamlead*,responsable,responsabile,jefe,jefa,"
            "gerente,chef de"
        ),
    ),
    (
        "individual",
        _any_of(
            "analyst*,analista,auditor*,engineer*,specialist*,especialista,representative,associate,"
            "consultant*,developer*,administrator*,admin,coordinator*,executive,designer*,accountant*,"
            "buyer*,officer,recruiter*,scientist*,architect*,architekt*,sdr,bdr,ae,strategist*,planner*,"
            "marketer*,expert*,referent*,sachbearbeiter*,einkaufer*,berater*,entwickler*,ingenieur*,"
            "charge*,technician*,professor*,teacher*,advisor*,writer*,editor*,assistant,clerk,programmer*"
        ),
    ),
)

# The first that matches: the precise ones stand before the broad ones.
_FUNCTION_WORDS: dict[str, str] = {
    "revenue_operations": (
        "revops,rev ops,revenue ops,revenue operations,sales ops,sales operations,salesops,gtm ops,"
        "gtm operations,go to market operations,commercial operations,crm,vertriebssteuerung,"
        "revenue strategy,revenue systems"
    ),
    "marketing_operations": "marketing ops,marketing operations,mops,marketing automation,demand operations",
    "sales_enablement": "enablement,sales training",
    "customer_success": (
        "customer success,customer experience,customer support,customer service,customer care,csm,"
        "client success,client services,support,kundenservice,kundendienst,kundenbetreu*,cco"
    ),
    "growth": "growth,cgo",
    "procurement": (
        "procure*,purchas*,sourcing,buyer*,einkauf*,achat,achats,compras,acquisti,vendor management,"
        "category manager"
    ),
    "finance": (
        "financ*,finanz*,finanzas,cfo,accounting,accountant*,controll*,treasur*,audit*,buchhalt*,"
        "fp&a,tax,investor*"
    ),
    "hr": "human resources,hr,people,talent,recruit*,chro,personal,personalleit*,personalwesen,rrhh",
    "legal": "legal,counsel,attorney*,lawyer*,compliance,clo,jurist*,privacy,datenschutz*",
    "marketing": (
        "marketing*,cmo,brand*,demand gen,demand generation,communications,communication,pr,content,"
        "seo,marketer*,social media,community,event,events"
    ),
    "sales": (
        "sales*,revenue,cro,account executive,account manager,account director,business development,"
        "bdr,sdr,vertrieb*,verkauf*,vente,ventes,ventas,commercial,key account,commerciale,vendite,"
        "ae,partner manager,partner lead,partnership*,alliance*"
    ),
    "data": "data,analytics,machine learning,business intelligence,bi,cdo,daten*",
    "product": "product,cpo,ux,produkt*",
    "engineering": (
        "engineer*,develop*,software*,cto,devops,*entwickl*,r&d,research*,qa,architect*,programmer*"
    ),
    "it": (
        "it,information technology,information systems,information security,cio,ciso,system admin*,"
        "systems admin*,infrastructure,edv,security,technology,informatik*,informatique,systems"
    ),
    "operations": "operations,operation,ops,coo,supply chain,logisti*,manufactur*,production,betrieb*",
    "general_management": (
        "ceo,founder*,cofounder*,owner*,inhaber*,president,managing,geschaftsfuhr*,geschaeftsfuehr*,"
        "general manager,chair*,vorstand*,pdg,chief executive,directeur general,directrice general*,"
        "director general,directora general,gerente general,strategy,chief of staff,partner"
    ),
}
_FUNCTIONS = tuple((name, _any_of(words)) for name, words in _FUNCTION_WORDS.items())

FUNCTIONS = (*_FUNCTION_WORDS, "unknown")


def _plain(title: str) -> str:
    return _NOT_WORD.sub(" ", fold(cleaned(title))).strip()


@lru_cache(maxsize=8_192)
def seniority(title: str) -> str:
    """One of `SENIORITIES`; `unknown` for a title without a word we know.

    The highest rank named counts (`CEO & VP Sales` → c_level), unless the person only works for it.
    """
    text = _OF_ANOTHER.sub(" ", _plain(title))
    without_vice = _VICE.sub(" ", text)
    first = next((rank for rank, words in _RANKS if words.search(without_vice)), "unknown")
    vice = without_vice != text and first not in {"student", "c_level"} and not _ASSISTS.search(text)
    return "vp" if vice else first


@lru_cache(maxsize=8_192)
def function(title: str) -> str:
    """One of `FUNCTIONS`; `unknown` for a title that names no function.

    A vice president's "president" names a rank, not general management.
    """
    text = _VICE.sub(" ", _plain(title))
    return next((name for name, words in _FUNCTIONS if words.search(text)), "unknown")
