"""The chain follows, breaks where a byte changes, takes many writers, and holds no name."""

import hashlib
import json
import random
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpi_toolkit.goals import NO_EVENT, BrokenLedger, Entry, Ledger
from kpi_toolkit.goals.chain import NotCanonical, Reason, canonical, followed, moment, sealed
from kpi_toolkit.goals.ledger import PersonalData, UnknownAction, UnknownPseudonym

AT = datetime(2026, 6, 22, 9, 0, tzinfo=UTC)
NAMES = {"E01": "Đỗ Lam Nguyệt", "E02": "Çınar Gökdere"}


def seeded(folder: Path, seed: int = 7) -> Ledger:
    return Ledger(folder / "ledger.jsonl", token=random.Random(seed).randbytes, clock=lambda: AT)


def written(folder: Path, seed: int = 7) -> Ledger:
    """Four events: a proposal, two signatures, a decision with a text."""
    ledger = seeded(folder, seed)
    own = ledger.pseudonyms(NAMES)
    ledger.append("propose", own["E01"], {"quarter": "2026Q3", "goals": [{"kpi": "revenue", "target": 1.5e9}]}, "consultant")
    ledger.append("sign", own["E01"], {"quarter": "2026Q3", "side": "employee"}, own["E01"])
    ledger.append("sign", own["E01"], {"quarter": "2026Q3", "side": "manager"}, own["E02"])
    texts = {"because": "Kho đóng cửa hai tuần; chị Nguyệt không có hàng"}
    ledger.append("decide", own["E01"], {"quarter": "2026Q3", "kpi": "revenue", "adjusted": 0.1 + 0.2}, own["E02"], AT, texts)
    return ledger


def first_break_seen_from_outside(data: bytes) -> int | None:
    """The contract's chain in plain Python, nothing of the toolkit: the first line that does not follow."""
    before = "0" * 64
    for number, line in enumerate(data.split(b"\n")[:-1], start=1):
        event = json.loads(line)
        own = event.pop("hash")
        text = json.dumps(event, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        if own != hashlib.sha256(text.encode()).hexdigest() or event["prev"] != before or event["seq"] != number:
            return number
        before = own
    return None


def test_a_chain_follows_as_the_contract_says_and_its_head_is_the_last_hash(tmp_path):
    ledger = written(tmp_path)
    data = ledger.path.read_bytes()
    assert first_break_seen_from_outside(data) is None
    assert data.endswith(b"\n") and data.count(b"\n") == 4
    assert ledger.head == json.loads(data.splitlines()[-1])["hash"]
    seen = ledger.verify()
    assert (seen.ok, seen.events, seen.head, seen.line, seen.error) == (True, 4, ledger.head, None, None)


def test_no_ledger_is_an_empty_chain_and_nothing_is_written_by_looking(tmp_path):
    ledger = Ledger(tmp_path / "ledger.jsonl")
    assert (ledger.events(), ledger.head, ledger.verify().ok) == ([], NO_EVENT, True)
    assert list(tmp_path.iterdir()) == []


def test_a_quarter_has_goals_from_the_first_proposal_on(tmp_path):
    assert not Ledger(tmp_path / "ledger.jsonl").has_goals("2026Q3")
    ledger = written(tmp_path)
    assert ledger.has_goals("2026Q3") and not ledger.has_goals("2026Q2")


def test_neither_name_nor_id_nor_free_text_stands_in_the_chain(tmp_path):
    chain = written(tmp_path).path.read_text(encoding="utf-8")
    for word in (*NAMES, *NAMES.values(), "Nguyệt", "Kho", "hàng"):
        assert word not in chain


def test_a_text_stands_in_the_chain_as_its_salted_hash(tmp_path):
    ledger = written(tmp_path)
    own = ledger.events()[-1].payload["texts"]["because"]
    kept = next(json.loads(line) for line in ledger.people_path.read_text(encoding="utf-8").splitlines() if own in line)
    assert hashlib.sha256(bytes.fromhex(kept["salt"]) + kept["text"].encode()).hexdigest() == own
    assert ledger.texts()[own].startswith("Kho đóng cửa")


def test_the_same_text_twice_has_two_hashes(tmp_path):
    ledger = Ledger(tmp_path / "ledger.jsonl")
    a, b = (ledger.append("note", "2026Q3", {}, "consultant", AT, {"note": "đủ hàng"}).payload["texts"]["note"] for _ in range(2))
    assert a != b


def test_a_person_keeps_one_random_pseudonym(tmp_path):
    ledger = Ledger(tmp_path / "a" / "ledger.jsonl")
    own = ledger.pseudonyms({"E01": ""})
    assert ledger.pseudonyms(NAMES)["E01"] == own["E01"]
    assert ledger.person(own["E01"]).name == NAMES["E01"]
    assert Ledger(tmp_path / "b" / "ledger.jsonl").pseudonyms(NAMES)["E01"] != own["E01"]


def test_the_same_bytes_from_the_same_seed_and_clock(tmp_path):
    one, other = written(tmp_path / "a"), written(tmp_path / "b")
    assert one.path.read_bytes() == other.path.read_bytes()
    assert one.people_path.read_bytes() == other.people_path.read_bytes()


def rewritten(line: bytes, **changes: object) -> bytes:
    """A line with fields changed and its hash made to fit again."""
    fields = json.loads(line) | changes
    fields.pop("hash")
    return sealed(**fields)[1].rstrip(b"\n")


def resorted(line: bytes) -> bytes:
    return json.dumps(json.loads(line), ensure_ascii=False).encode()


TAMPERED = {
    "a digit of a target": (1, lambda line: line.replace(b"1500000000.0", b"1500000001.0"), 1, Reason.HASH),
    "a letter of an action": (2, lambda line: line.replace(b'"sign"', b'"sigh"'), 2, Reason.HASH),
    "the hash": (4, lambda line: line.replace(b'"hash":"', b'"hash":"0', 1)[:-1], 4, Reason.NOT_JSON),
    "one figure of the hash": (3, lambda line: flipped(line, b'"hash":"'), 3, Reason.HASH),
    "one figure of prev": (3, lambda line: flipped(line, b'"prev":"'), 3, Reason.HASH),
    "a space added": (2, lambda line: line.replace(b",", b", ", 1), 2, Reason.BYTES),
    "other spacing and order": (2, resorted, 2, Reason.BYTES),
    "a letter written as an escape": (2, lambda line: line.replace(b"2026Q3", b"2026\\u00513"), 2, Reason.BYTES),
    "a key twice": (2, lambda line: line.replace(b'"seq":2', b'"seq":9,"seq":2'), 2, Reason.BYTES),
    "a number in another form": (1, lambda line: line.replace(b"1500000000.0", b"1.5e9"), 1, Reason.BYTES),
    "NaN": (1, lambda line: line.replace(b"1500000000.0", b"NaN"), 1, Reason.BYTES),
    "a carriage return": (2, lambda line: line + b"\r", 2, Reason.BYTES),
    "a byte that is no UTF-8": (2, lambda line: line.replace(b"2026Q3", b"2026\xff3"), 2, Reason.NOT_JSON),
    "an empty line": (2, lambda line: b"\n" + line, 2, Reason.NOT_JSON),
    "a list for an event": (2, lambda line: b"[]", 2, Reason.FIELDS),
    "a field more": (2, lambda line: line.replace(b'"seq"', b'"sea":1,"seq"'), 2, Reason.FIELDS),
    "a number as text": (2, lambda line: line.replace(b'"seq":2', b'"seq":"2"'), 2, Reason.FIELDS),
    "a wholly rewritten event": (2, lambda line: rewritten(line, at="2026-06-23T09:00:00Z"), 3, Reason.PREV),
    "another number, hashed anew": (2, lambda line: rewritten(line, seq=7), 2, Reason.SEQ),
    "a line taken out": (2, lambda line: None, 2, Reason.PREV),
    "a line twice": (2, lambda line: line + b"\n" + line, 3, Reason.PREV),
    "depth beyond any parser": (2, lambda line: b"[" * 100_000, 2, Reason.NOT_JSON),
}


def flipped(line: bytes, before: bytes) -> bytes:
    at = line.index(before) + len(before)
    return line[:at] + (b"0" if line[at : at + 1] != b"0" else b"1") + line[at + 1 :]


@pytest.mark.parametrize("what", TAMPERED)
def test_a_changed_byte_is_found_with_its_line_and_reason(tmp_path, what):
    number, change, line, reason = TAMPERED[what]
    ledger = written(tmp_path)
    lines = ledger.path.read_bytes().split(b"\n")
    changed = change(lines[number - 1])
    lines[number - 1 : number] = [] if changed is None else [changed]
    ledger.path.write_bytes(b"\n".join(lines))
    seen = ledger.verify()
    assert (seen.ok, seen.line, seen.reason) == (False, line, reason)


def test_any_single_changed_byte_breaks_the_chain(tmp_path):
    ledger = written(tmp_path)
    data = ledger.path.read_bytes()
    for at in range(len(data)):  # every byte of the file, quotes and line ends too
        assert followed(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])[1] is not None, data[max(at - 20, 0) : at + 5]


def test_a_torn_last_line_is_said_and_nothing_is_appended_to_it(tmp_path):
    ledger = written(tmp_path)
    whole = ledger.path.read_bytes()
    for cut in (1, 40):
        ledger.path.write_bytes(whole[:-cut])
        seen = ledger.verify()
        assert (seen.line, seen.reason, seen.events) == (4, Reason.TORN, 3)
        with pytest.raises(BrokenLedger, match=r"line 4: the last line has no end"):
            ledger.append("note", "2026Q3", {}, "consultant")
        assert ledger.path.read_bytes() == whole[:-cut]


def test_a_broken_chain_is_neither_read_nor_appended_to(tmp_path):
    ledger = written(tmp_path)
    broken = ledger.path.read_bytes().replace(b'"sign"', b'"sigh"', 1)
    ledger.path.write_bytes(broken)
    with pytest.raises(BrokenLedger, match=r"^K502: .*ledger\.jsonl, line 2: the event was changed"):
        ledger.append("note", "2026Q3", {}, "consultant")
    with pytest.raises(BrokenLedger):
        ledger.events()
    assert ledger.path.read_bytes() == broken


def test_a_changed_text_is_found(tmp_path):
    ledger = written(tmp_path)
    kept = ledger.people_path.read_text(encoding="utf-8")
    ledger.people_path.write_text(kept.replace("hai tuần", "ba tuần"), encoding="utf-8")
    seen = ledger.verify()
    assert (seen.ok, seen.line, seen.reason, Path(seen.file).name) == (False, 3, Reason.TEXT, "ledger_people.jsonl")


def test_a_forgotten_person_leaves_no_trace_and_the_chain_verifies(tmp_path):
    ledger = written(tmp_path)
    before = ledger.path.read_bytes()
    own = ledger.pseudonyms({"E01": ""})["E01"]
    assert ledger.forget("E01") == 2  # the person, and the text about them
    left = ledger.people_path.read_text(encoding="utf-8")
    assert "E01" not in left and "Nguyệt" not in left and "Çınar Gökdere" in left
    assert ledger.path.read_bytes() == before and ledger.verify().ok
    with pytest.raises(UnknownPseudonym):
        ledger.person(own)
    with pytest.raises(UnknownPseudonym):
        ledger.forget("E01")
    assert ledger.pseudonyms({"E01": ""})["E01"] != own  # whoever comes back is somebody new


@pytest.mark.parametrize(
    ("actor", "subject", "payload"),
    [
        ("Çınar Gökdere", "2026Q3", {}),
        ("consultant", "E01", {}),
        ("consultant", "2026Q3", {"by": "e02"}),
        ("consultant", "2026Q3", {"goals": [{"why": "two words"}]}),
        ("consultant", "2026Q3", {"two words": 1}),
    ],
)
def test_an_event_that_would_name_somebody_is_refused(tmp_path, actor, subject, payload):
    ledger = written(tmp_path)
    with pytest.raises(PersonalData):
        ledger.append("note", subject, payload, actor)
    assert len(ledger.events()) == 4


def test_all_entries_are_appended_or_none(tmp_path):
    ledger = written(tmp_path)
    good = Entry("note", "2026Q3", {}, "consultant")
    for bad, error in (
        (Entry("sing", "2026Q3", {}, "consultant"), UnknownAction),
        (Entry("note", "a", {"x": float("nan")}, "manager"), NotCanonical),
    ):
        with pytest.raises(error):
            ledger.append_all([good, bad])
    assert len(ledger.events()) == 4
    assert [event.seq for event in ledger.append_all([good, good])] == [5, 6]


def test_a_failed_write_leaves_the_ledger_as_it_was(tmp_path, monkeypatch):
    from kpi_toolkit.goals.ledger import LedgerNotWritten, os

    ledger = written(tmp_path)
    before = ledger.path.read_bytes()

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(LedgerNotWritten, match="No space left"):
        ledger.append("note", "2026Q3", {}, "consultant")
    assert ledger.path.read_bytes() == before


def test_two_processes_append_fifty_events_each_and_none_is_lost(tmp_path):
    code = (
        "import sys; from pathlib import Path; from kpi_toolkit.goals.ledger import Ledger\n"
        "ledger = Ledger(Path(sys.argv[1]))\n"
        "for n in range(50): ledger.append('note', '2026Q3', {'by': sys.argv[2], 'n': n}, 'consultant', texts={'t': str(n)})\n"
    )
    path = tmp_path / "ledger.jsonl"
    runs = [subprocess.Popen([sys.executable, "-c", code, str(path), who]) for who in "ab"]
    assert [run.wait(60) for run in runs] == [0, 0]
    events = Ledger(path).events()
    assert len(events) == 100 and Ledger(path).verify().ok
    for who in "ab":
        assert [event.payload["n"] for event in events if event.payload["by"] == who] == list(range(50))
    assert len(Ledger(path).texts()) == 100


def test_a_moment_is_written_in_utc_and_without_a_zone_refused():
    from zoneinfo import ZoneInfo

    assert moment(datetime(2026, 6, 22, 16, 0, tzinfo=ZoneInfo("Asia/Ho_Chi_Minh"))) == "2026-06-22T09:00:00Z"
    assert moment(AT.date()) == "2026-06-22T00:00:00Z"
    with pytest.raises(NotCanonical):
        moment(datetime(2026, 6, 22))


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(values)
def test_canonical_json_is_one_form_that_reads_back(value):
    text = canonical(value)
    assert b"\n" not in text
    assert canonical(json.loads(text)) == text
    back = json.loads(text)
    assert back == value and canonical(back) == text


@given(st.dictionaries(st.text(), st.integers(), min_size=2, max_size=6), st.randoms(use_true_random=False))
def test_canonical_json_does_not_depend_on_the_order_of_keys(value, shuffle):
    items = list(value.items())
    shuffle.shuffle(items)
    assert canonical(dict(items)) == canonical(value)


@given(st.lists(st.dictionaries(st.from_regex(r"[a-z]{1,5}", fullmatch=True), values, max_size=3), min_size=1, max_size=4))
def test_any_chain_of_payloads_follows(payloads):
    data, prev = b"", NO_EVENT
    for seq, payload in enumerate(payloads, start=1):
        event, line = sealed(seq, "2026-06-22T09:00:00Z", "consultant", "note", "2026Q3", payload, prev)
        data, prev = data + line, event.hash
    events, broken = followed(data)
    assert broken is None and [event.payload for event in events] == payloads
    assert first_break_seen_from_outside(data) is None


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), {1: 2}, {"a": {None: 1}}, {1, 2}, b"x", "\ud800", AT])
def test_what_json_cannot_hold_is_refused(bad):
    with pytest.raises(NotCanonical):
        canonical({"x": bad})
