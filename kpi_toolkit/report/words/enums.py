"""Words for the enums of the contract: bands, verdicts, actions, levels, tables. Codes come in, messages go out."""

from __future__ import annotations

from collections.abc import Mapping

from kpi_toolkit.language import N_, Language

BANDS: Mapping[str, str] = {
    "exceeded": N_("exceeded"),
    "met": N_("met"),
    "near": N_("near"),
    "missed": N_("missed"),
}
VERDICTS: Mapping[str, str] = {
    "met_sure": N_("met, sure"),
    "met_unsure": N_("met, unsure"),
    "missed_unsure": N_("missed, unsure"),
    "missed_sure": N_("missed, sure"),
}
ACTIONS: Mapping[str, str] = {
    "reward": N_("Reward"),
    "recognition": N_("Recognition"),
    "coaching": N_("Coaching"),
    "development_plan": N_("Development plan"),
    "model_review": N_("Model review"),
}
STATUSES: Mapping[str, str] = {
    "open": N_("open"),
    "done": N_("done"),
    "dropped": N_("dropped"),
    "decided": N_("decided"),
}
TREATMENTS: Mapping[str, str] = {
    "excuse": N_("excuse: the goal does not count"),
    "adjust": N_("adjust the actual"),
    "keep": N_("keep as measured"),
}
RECOMMENDATIONS: Mapping[str, str] = {
    "keep": N_("keep"),
    "adjust": N_("adjust"),
    "retire": N_("retire"),
    "replace": N_("replace"),
}
HEALTH: Mapping[str, str] = {
    "fine": N_("works as it should"),
    "too_easy": N_("targets too easy"),
    "too_hard": N_("targets too hard"),
    "no_spread": N_("does not tell people apart"),
    "unreliable": N_("mostly chance"),
    "redundant": N_("says the same as another KPI"),
    "gamed": N_("shows unusual patterns"),
    "data_broken": N_("data incomplete"),
}
KINDS: Mapping[str, str] = {"leading": N_("leading"), "lagging": N_("result")}
SERVES: Mapping[str, str] = {
    "growth": N_("growth"),
    "acquisition": N_("acquisition"),
    "retention": N_("retention"),
    "activity": N_("activity"),
}
LEVELS: Mapping[str, str] = {
    "person": N_("person"),
    "team": N_("team"),
    "country": N_("country"),
    "company": N_("company"),
}
RULE_FAMILIES: Mapping[str, str] = {
    "process_limit": N_("Unusual result for this person"),
    "windfall": N_("Unusually large single order"),
    "context": N_("Short presence or a local event"),
    "gaming": N_("Unusual timing of orders"),
    "data": N_("Data incomplete or missing"),
    "model": N_("Target and reality far apart"),
}
OWNERS: Mapping[str, str] = {
    "manager": N_("Direct manager"),
    "employee": N_("Employee"),
    "leadership": N_("Leadership"),
    "country_director": N_("Country director"),
    "sales_director": N_("Sales director"),
    "hr": N_("Human resources"),
    "finance": N_("Finance"),
    "consultant": N_("Consultant"),
    "analyst": N_("Analyst"),
    "data_owner": N_("Owner of the data"),
    "pay_committee": N_("Pay committee"),
}
TABLES: Mapping[str, str] = {
    "people": N_("people"),
    "customers": N_("customers"),
    "orders": N_("orders"),
    "opportunities": N_("opportunities"),
    "activities": N_("field activities"),
    "leads": N_("leads"),
    "spend": N_("marketing spend"),
    "payments": N_("payments"),
    "absences": N_("absences"),
    "events": N_("events"),
    "quotas": N_("quotas"),
    "rates": N_("exchange rates"),
}
COLUMNS: Mapping[str, str] = {
    "discount": N_("discount of each order"),
    "discount_share": N_("discount of each order"),
    "cost": N_("cost of each order"),
    "quantity": N_("quantity of each order"),
    "product": N_("product of each order"),
    "kind": N_("kind of each activity"),
    "outcome": N_("outcome of each activity"),
    "acquired_on": N_("day on which a customer was won"),
    "person_id": N_("who is responsible"),
    "customer_id": N_("customer"),
    "qualified_on": N_("day on which a lead qualified"),
    "converted_on": N_("day on which a lead converted"),
    "closed_on": N_("day on which an opportunity closed"),
    "amount": N_("amount"),
    "channel": N_("channel"),
    "country": N_("country"),
    "manager_id": N_("manager"),
    "credit": N_("share credited to a person"),
    "ordered_on": N_("day of the order"),
    "happened_on": N_("day of the activity"),
    "opened_on": N_("day of the opportunity"),
    "created_on": N_("day of the lead"),
    "spent_on": N_("day of the spend"),
    "paid_on": N_("day of the payment"),
    "order_id": N_("number of the order"),
    "activity_id": N_("number of the activity"),
    "opportunity_id": N_("number of the opportunity"),
    "lead_id": N_("number of the lead"),
    "payment_id": N_("number of the payment"),
}
ENUMS: Mapping[str, Mapping[str, str]] = {
    "band": BANDS,
    "verdict": VERDICTS,
    "action": ACTIONS,
    "status": STATUSES,
    "treatment": TREATMENTS,
    "recommendation": RECOMMENDATIONS,
    "health": HEALTH,
    "kind": KINDS,
    "serves": SERVES,
    "level": LEVELS,
    "family": RULE_FAMILIES,
    "owner": OWNERS,
    "table": TABLES,
    "column": COLUMNS,
}
GAPS = frozenset({"", "nan", "none", "nat", "<na>", "inf", "-inf"})  # how a missing value writes itself
OTHER = N_("other ({code})")


def known(kind: str, code: str) -> bool:
    """Whether an enum has words for a code."""
    return code in ENUMS[kind]


def word(language: Language, kind: str, code: object) -> str:
    """The word for a code of an enum; one that the enum does not know is said to be another, with its text made readable."""
    text = str(code)
    message = ENUMS[kind].get(text)
    if message is not None:
        return language.text(message)
    return language.text(OTHER, code=readable(text))


def family(rule: str) -> str:
    """The family with which the rule of an exception begins (`gaming_pulled_forward` → `gaming`), empty if unknown."""
    return next((name for name in RULE_FAMILIES if rule == name or rule.startswith(name + "_")), "")


def readable(code: str) -> str:
    """A code as plain text: never shown raw; a gap is a dash."""
    text = code.replace("_", " ").strip()
    return "–" if text.lower() in GAPS else text
