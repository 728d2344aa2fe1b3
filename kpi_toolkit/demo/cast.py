"""Who works at Minh Khê: a fictional company. Every name is made up; a likeness to anybody would be chance."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

SEED = 20260701
COMPANY = "Minh Khê Demo"
REPORTING_CURRENCY = "VND"
FIRST_DAY = date(2023, 7, 1)
LAST_DAY = date(2026, 9, 30)
SELLER, MANAGER, DIRECTOR = "Field sales", "Country manager", "Sales director"


@dataclass(frozen=True)
class Country:
    """A field organisation. `order_value`: mean net amount of an order in 2023Q3, in its currency; growth is per quarter."""

    code: str
    currency: str
    language: str
    order_value: float
    price_growth: float
    volume_growth: float
    price_step: float  # unit prices are multiples of it
    decimals: int


COUNTRIES = (
    Country("VN", "VND", "vi", 22_000_000, 0.010, 0.008, 1_000, 0),
    Country("TR", "TRY", "tr", 29_000, 0.022, 0.004, 1, 2),
    Country("TH", "THB", "th", 31_000, 0.006, 0.008, 1, 2),
    Country("DE", "EUR", "de", 1_150, 0.005, 0.004, 0.05, 2),
)


@dataclass(frozen=True)
class Member:
    """A person of the company; `team` is empty for those above the teams."""

    person_id: str
    name: str
    country: str
    team: str
    role: str
    manager_id: str
    joined_on: date
    left_on: date | None = None


def _sellers(country: str, manager: str, teams: dict[str, tuple[str, ...]]) -> list[Member]:
    members: list[Member] = []
    for team, names in teams.items():
        for name in names:
            number = len(members) + 1
            joined = date(2018 + (number * 3) % 5, 1 + (number * 5) % 12, 1)
            members.append(Member(f"{country}{number:02d}", name, country, team, SELLER, manager, joined))
    return members


JOINED_ON = date(2026, 8, 10)
LEFT_ON = date(2026, 5, 15)

CAST = (
    Member("VN00", "Tạ Ngân Hà", "VN", "", DIRECTOR, "", date(2016, 3, 1)),
    Member("VN90", "Lý Hoài Phong", "VN", "", MANAGER, "VN00", date(2017, 5, 1)),
    Member("TR90", "Tuğba Işıkdağlı", "TR", "Marmara", MANAGER, "VN00", date(2018, 2, 1)),
    Member("TH90", "Malee Rungarunphon", "TH", "Bangkok", MANAGER, "VN00", date(2017, 9, 1)),
    Member("DE90", "Ulrike Größenhain", "DE", "Süd", MANAGER, "VN00", date(2019, 4, 1)),
    *_sellers(
        "VN",
        "VN90",
        {
            "Miền Bắc": ("Đỗ Lam Nguyệt", "Vũ Thạch Miên", "Bùi Sương Mai", "Phan Trúc Vân", "Hoàng Vân Khê"),
            "Miền Nam": ("Nguyễn Hạ Thủy", "Trần Phố Giang", "Lê Bạch Dương", "Đặng Thiên Thanh", "Ngô Yến Vi"),
        },
    ),
    *_sellers(
        "TR",
        "TR90",
        {"Marmara": ("Çınar Gökdere", "İpek Yıldızgil", "Ömer Ağaçlıoba", "Şule Gündoğarlı", "Deniz Akpınaröz")},
    ),
    *_sellers(
        "TH",
        "TH90",
        {
            "Bangkok": (
                "Suda Chaimongkhonrat",
                "Anong Phetcharawan",
                "Niran Thongsaengchai",
                "Kanya Srisuwannakul",
                "Prasert Wongrattanakij",
            )
        },
    ),
    *_sellers("DE", "DE90", {"Süd": ("Käthe Grünfink", "Jörg Müllerbach", "Änne Weißdorn", "Björn Süßholz")}),
    Member("DE05", "Götz Föhrenwald", "DE", "Süd", SELLER, "DE90", date(2021, 2, 1), LEFT_ON),
    Member("DE06", "Lütje Rosenkrähe", "DE", "Süd", SELLER, "DE90", JOINED_ON),
)

# what is planted, and with whom
FALLER, FALL = "TR03", 0.60  # their true level falls to this share in 2026Q3
RISER, RISE, RISE_QUARTERS = "VN07", 1.07, 6  # their true level rises by this factor a quarter, over the last quarters
JOINER, LEAVER = "DE06", "DE05"
WINDFALL, WINDFALL_ON, WINDFALL_SHARE = "TH04", date(2026, 9, 17), 0.9  # one order worth this share of a usual quarter
LONG_LEAVE, LONG_FROM, LONG_TO = "DE02", date(2026, 7, 13), date(2026, 9, 11)
SHORT_LEAVE, SHORT_FROM, SHORT_TO = "VN02", date(2026, 8, 3), date(2026, 8, 14)
LAST_QUARTER = "2026Q3"

# (person, first day, last day, kind); a kind is never printed
ABSENCES = (
    (LONG_LEAVE, LONG_FROM, LONG_TO, "parental"),
    (SHORT_LEAVE, SHORT_FROM, SHORT_TO, "annual"),
    ("VN05", date(2024, 10, 7), date(2024, 10, 18), "annual"),
    ("TR02", date(2025, 2, 10), date(2025, 2, 21), "annual"),
    ("TH01", date(2025, 8, 4), date(2025, 8, 15), "annual"),
    ("DE03", date(2025, 11, 3), date(2025, 11, 14), "annual"),
    ("VN08", date(2026, 5, 4), date(2026, 5, 15), "annual"),
)

SELLERS = tuple(member for member in CAST if member.role == SELLER)
COUNTRY = {country.code: country for country in COUNTRIES}
