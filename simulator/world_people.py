"""Stage -> people: employees and teams, companies, contacts, their accounts on platforms, who follows us, and what they consented to."""

import numpy as np
import pandas as pd

from simulator.chance import BASE32, objects, words
from simulator.distributions import SD_LOG_MESSAGES_SENT
from simulator.names import COMPANY, COUNTRIES, FIRST, INDUSTRIES, LAST, TRADE
from simulator.stage import NEVER, Stage, later

DOMAIN = "fernway.example"
TEAMS = {"leadership": 3, "marketing": 8, "sales": 12, "support": 13, "engineering": 12, "operations": 7, "people": 5}
SEGMENTS = ["workshop", "factory", "group"]  # in its own words; dbt_project/seeds/margin_policy.csv assumes a margin for each
CURRENCIES = ["USD", "EUR", "GBP", "JPY"]
MONTHLY_MEDIAN = np.array([260.0, 420.0, 700.0])  # US dollars by segment
SD_LOG_MONTHLY = 0.6
PER_DOLLAR = {"USD": 1.0, "EUR": 0.9, "GBP": 0.78, "JPY": 150.0}
# Platform -> (share of contacts with an account, accounts of the public at 400 companies)
ACTORS = {"bluesky": (0.35, 2600), "mastodon": (0.25, 1500), "facebook": (0.45, 2400), "instagram": (0.35, 2200)}
ACTORS |= {"x": (0.3, 1100), "youtube": (0.2, 700)}
CRMS = ["hubspot", "salesforce"]  # one company in eight is looked after in the second
OLDEST_CLIENT = 1060  # days before the history
NEWSLETTER = 10_000_000  # keys of contacts without a company begin here


def staff(stage: Stage) -> pd.DataFrame:
    """Sixty employees; some joined, left or changed teams during the history."""
    teams = np.repeat(list(TEAMS), list(TEAMS.values())).astype(object)
    n = np.arange(len(teams))
    first, last = words(FIRST, n * 7 % len(FIRST)), words(LAST, n * 11 % len(LAST))
    history = np.float64(stage.history_days)
    started = stage.at(np.floor(np.where(n % 6 == 5, history * stage.chance.uniform("staff.joined", n), -1500 + n * 20)), 8.0)
    left = np.where(n % 15 == 7, stage.at(np.floor(history * (0.3 + 0.6 * stage.chance.uniform("staff.left", n))), 17.0), NEVER)
    left = np.where(left > started, left, NEVER)
    moved = np.where(n % 20 == 3, stage.at(np.floor(history * 0.5) + n % 7, 8.0), NEVER)
    moved = np.where((moved > started) & np.isnat(left), moved, NEVER)
    return pd.DataFrame(
        {
            "staff": n,
            "email": [f"{a}.{b}@{DOMAIN}".lower() for a, b in zip(first, last, strict=True)],
            "first": first,
            "last": last,
            "team": teams,
            "moved_at": moved,
            "moved_to": np.where(teams == "operations", "support", "operations").astype(object),
            "started_at": started,
            "left_at": left,
            "owner_id": [str(71_000_000 + 13 * k) for k in n],
            "weight": np.exp(SD_LOG_MESSAGES_SENT * stage.chance.normal("staff.weight", n)),
        }
    )


def accounts(stage: Stage) -> pd.DataFrame:
    """Companies in the order in which they became known: suppliers, partners, clients and prospects of old, then new prospects by day."""
    chance, size = stage.chance, stage.accounts
    old = ["supplier"] * max(3, round(size / 16)) + ["partner"] * max(1, round(size / 50))
    old += ["client"] * round(size * 0.66) + ["prospect"] * round(size * 0.8)
    new_day, slot = objects(chance.poisson("accounts.arrivals", 0.85 * stage.scale, stage.days))
    new_key = 100_000 + new_day * 100 + slot
    arrived = stage.at(new_day, 8 + 9 * chance.uniform("accounts.hour", new_key))
    order = np.lexsort((new_key, arrived))  # by time, so that a later clock appends
    n = np.arange(len(old) + len(order))
    key = np.concatenate([np.arange(len(old)), new_key[order]])
    role = np.array(old + ["prospect"] * len(order), dtype=object)
    u = chance.uniform("accounts.age", np.arange(len(old)))
    age = np.where(role[: len(old)] == "client", 60 + (OLDEST_CLIENT - 60) * u, 5 + 500 * u)
    day = np.concatenate([-np.ceil(age), new_day[order]])
    segment = chance.pick("accounts.segment", [0.6, 0.3, 0.1], key)
    currency = words(CURRENCIES, chance.pick("accounts.currency", [0.6, 0.22, 0.12, 0.06], key))
    dollars = MONTHLY_MEDIAN[segment] * np.exp(SD_LOG_MONTHLY * chance.normal("accounts.monthly", key))
    name = [f"{COMPANY[k * 7 % len(COMPANY)]} {TRADE[k * 11 % len(TRADE)]}" + (f" {k // 120}" if k >= 120 else "") for k in n]
    in_crm = np.where(n % 8 == 7, CRMS[1], CRMS[0]).astype(object)
    frame = pd.DataFrame(
        {
            "account": n,
            "key": key,
            "account_id": [f"001Kq{k:013d}" if crm == CRMS[1] else str(9_100_000_007 + 13 * k) for k, crm in enumerate(in_crm)],
            "crm": in_crm,
            "name": name,
            "domain": [text.lower().replace(" ", "-") + ".example" for text in name],
            "role": role,
            "segment": words(SEGMENTS, segment),
            "industry": words(INDUSTRIES, chance.pick("accounts.industry", np.ones(len(INDUSTRIES)), key)),
            "currency": currency,
            "country": [COUNTRIES[code] for code in currency],
            "contacts": 1 + np.minimum(chance.poisson("contacts.count", 1.4, key), 6),  # in the end, known yet or not
            "owner": np.flatnonzero(np.repeat(list(TEAMS), list(TEAMS.values())) == "sales")[n % TEAMS["sales"]],
            "created_at": stage.at(day, 8 + 9 * chance.uniform("accounts.hour", key)),
            "first_day": day.astype(np.int64),
            "warmth": chance.normal("accounts.warmth", key),  # how much it likes us: drives visits, talk, purchases and staying alike
            "monthly": np.rint(dollars * np.array([PER_DOLLAR[code] for code in currency])),
        }
    )
    return frame[frame["created_at"] <= stage.clock].reset_index(drop=True)


def contacts(stage: Stage, companies: pd.DataFrame) -> pd.DataFrame:
    """People in the CRM: those of companies, readers of the newsletter without one, and doubles that are merged later."""
    chance = stage.chance
    company, slot = objects(companies["contacts"].to_numpy())
    account_key = companies["key"].to_numpy()[company]
    key = account_key * 8 + slot
    created = later(companies["created_at"].to_numpy()[company], slot * 24.0 * 25 * chance.uniform("contacts.delay", key))
    days = np.concatenate([[-1], stage.days])
    reader_day, reader_slot = objects(
        np.concatenate([[6 * stage.accounts], chance.poisson("readers.arrivals", 15.0 * stage.scale, stage.days)])
    )
    reader_key = NEWSLETTER + (reader_day * 100_000 + reader_slot)
    reader_days = np.where(reader_day == 0, -np.ceil(700 * chance.uniform("readers.age", reader_key)), days[reader_day])
    readers = stage.at(reader_days, 24 * chance.uniform("readers.hour", reader_key))
    key, created = np.concatenate([key, reader_key]), np.concatenate([created, readers])
    first, last = chance.pick("contacts.first", np.ones(len(FIRST)), key), chance.pick("contacts.last", np.ones(len(LAST)), key)
    account = np.concatenate([company, np.full(len(reader_key), -1)])
    domain = np.where(account >= 0, companies["domain"].to_numpy()[account], "mail.example")
    number = np.concatenate([slot, reader_key - NEWSLETTER])
    frame = pd.DataFrame(
        {
            "contact": key,
            "account": account,
            "first": words(FIRST, first),
            "last": words(LAST, last),
            "email": [f"{FIRST[a]}.{LAST[b]}{n or ''}@{d}".lower() for a, b, n, d in zip(first, last, number, domain, strict=True)],
            "created_at": created,
            "archived_at": np.where(
                (account < 0) & (chance.uniform("contacts.archived", key) < 0.01),
                later(created, 24 * 300 * chance.uniform("contacts.archived.after", key)),
                NEVER,
            ),
        }
    )
    frame = frame[frame["created_at"] <= stage.clock]
    frame = pd.concat([frame.assign(is_double=False), _doubles(stage, frame).assign(is_double=True)], ignore_index=True)
    frame = frame[frame["created_at"] <= stage.clock]
    crm = np.where(frame["account"] >= 0, companies["crm"].to_numpy()[np.maximum(frame["account"], 0)], CRMS[0])
    numbers = zip(frame["contact"], crm == CRMS[1], strict=True)
    frame["contact_id"] = [f"003Kq{k:013d}" if other else str(20_000_000_000 + 37 * k + 11) for k, other in numbers]
    for column in ("archived_at", "merged_at"):
        frame[column] = stage.known(frame[column])
    frame["merged_into"] = frame["merged_into"].where(frame["merged_at"].notna(), -1).astype(np.int64)
    return frame.sort_values(["created_at", "contact"]).reset_index(drop=True)


def _doubles(stage: Stage, people: pd.DataFrame) -> pd.DataFrame:
    """The same person entered twice under a second address six days before somebody merges the two."""
    days = np.arange(6, len(stage.days) + 6)
    days = days[stage.is_eventful(days) | (stage.chance.uniform("doubles.day", days) < 0.1)]
    of_companies = people[(people["account"] >= 0)].sort_values(["created_at", "contact"])
    existing = np.searchsorted(of_companies["created_at"].to_numpy(), stage.at(days - 6, 0.0))
    days, existing = days[existing > 0], existing[existing > 0]
    double = of_companies.iloc[(stage.chance.uniform("doubles.whom", days) * existing).astype(int)].copy()
    double["merged_into"] = double["contact"]
    double["contact"] = 2 * NEWSLETTER * 100 + days
    double["email"] = [email.replace("@", f".{day}@") for email, day in zip(double["email"], days, strict=True)]
    double["created_at"] = stage.at(days - 6, 10.5)
    double["merged_at"] = stage.at(days, 9.5)
    double["archived_at"] = NEVER
    return double


def actors(stage: Stage, people: pd.DataFrame) -> pd.DataFrame:
    """Accounts on public platforms in the order in which they appeared: some belong to contacts, most to people we do not know."""
    chance, frames = stage.chance, []
    persons = people[(people["account"] >= 0) & ~people["is_double"]]
    for number, (platform, (share, crowd)) in enumerate(ACTORS.items()):
        key = persons["contact"].to_numpy()
        mine = chance.uniform("actors.has", key, number) < share
        strangers = round(0.7 * crowd * stage.scale)
        day, slot = objects(
            np.concatenate([[strangers], chance.poisson("actors.new", 0.3 * crowd * stage.scale / 546, stage.days, number)])
        )
        stranger = -(1 + day * 10_000 + slot)
        since = np.where(day == 0, stage.at(-np.ceil(900 * chance.uniform("actors.age", stranger, number)), 0.0), stage.at(day - 1, 6.0))
        keys = np.concatenate([key[mine], stranger])
        since = np.concatenate([persons["created_at"].to_numpy()[mine].astype("datetime64[s]"), since])
        order = np.lexsort((keys, since))
        keys, since = keys[order], since[order]
        follows = chance.uniform("actors.follows", keys, number) < 0.72
        followed = later(since, 24 * 60 * chance.uniform("actors.followed", keys, number))
        gone = chance.uniform("actors.gone", keys, number) < 0.06
        given = words(FIRST, chance.pick("actors.first", np.ones(len(FIRST)), keys, number))
        frames.append(
            pd.DataFrame(
                {
                    "platform": platform,
                    "key": keys,
                    "contact": np.where(keys > 0, keys, -1),
                    "first": given,
                    "serial": chance.bits("actors.serial", keys, number) >> np.uint64(34),
                    "since": since,
                    "followed_at": np.where(follows, followed, NEVER),
                    "unfollowed_at": np.where(
                        follows & gone, later(followed, 24 * 400 * chance.uniform("actors.left", keys, number)), NEVER
                    ),
                    "weight": np.exp(1.1 * chance.normal("actors.weight", keys, number)) * np.where(keys > 0, 1.5, 1.0),
                }
            )
        )
    frame = pd.concat(frames, ignore_index=True)
    frame = frame[frame["since"] <= stage.clock].reset_index(drop=True)
    frame["actor"] = frame.index
    slug = [f"{name.lower()}-{serial % 10**7}" for name, serial in zip(frame["first"], frame["serial"], strict=True)]
    is_bluesky, is_mastodon = frame["platform"] == "bluesky", frame["platform"] == "mastodon"
    dids = ["did:plc:" + text for text in chance.ids("actors.did", frame["key"].to_numpy(), 24, BASE32)]
    numeric = [str(100_000_000_000 + int(serial)) for serial in frame["serial"]]
    channels = np.where(frame["platform"] == "youtube", ["UC" + text.rjust(22, "A") for text in numeric], numeric)
    frame["actor_id"] = np.where(is_bluesky, dids, np.where(is_mastodon, ["11" + text for text in numeric], channels))
    frame["handle"] = np.where(is_bluesky, [text + ".bsky.example" for text in slug], slug)
    by_contact = people.set_index("contact")
    owner = frame["contact"].map(by_contact["account"]).fillna(-1).astype(np.int64)
    frame["account"] = owner
    frame["email"] = frame["contact"].map(by_contact["email"])
    return frame


def identity_links(stage: Stage, crowd: pd.DataFrame) -> pd.DataFrame:
    """What ties an account on a platform to a person: a profile field, a confirmed address, a login; each rests on a consent."""
    chance = stage.chance
    known = crowd[crowd["contact"] > 0]
    key = known["contact"].to_numpy()
    number = known["platform"].map({name: k for k, name in enumerate(ACTORS)}).to_numpy()
    known = known[chance.uniform("links.has", key, number) < 0.62]
    key = known["contact"].to_numpy()
    method = chance.pick("links.method", [0.5, 0.3, 0.2], key)
    frame = pd.DataFrame(
        {
            "person_email": known["email"].to_numpy(),
            "platform": known["platform"].to_numpy(),
            "actor_platform_id": known["actor_id"].to_numpy(),
            "method": words(["self_declared", "verified_email", "community_login"], method),
            "evidence": words(["profile field in the CRM", "confirmed by e-mail", "login to the community"], method),
            "consent_basis": "consent",
            "matched_at": later(known["since"].to_numpy(), 24 * 20 * chance.uniform("links.when", key)),
        }
    )
    return frame[frame["matched_at"] <= stage.clock].reset_index(drop=True)


def consents(stage: Stage, people: pd.DataFrame) -> pd.DataFrame:
    """Choices of contacts: most agree to be recognised and counted when their record is made; some withdraw later."""
    chance, frames = stage.chance, []
    persons = people[(people["account"] >= 0) & ~people["is_double"]]
    key = persons["contact"].to_numpy()
    for number, purpose in enumerate(("identity_join", "attribution", "survey", "story_text")):
        frame = pd.DataFrame(
            {
                "person_email": persons["email"].to_numpy(),
                "purpose": purpose,
                "is_granted": chance.uniform("consents.granted", key, number) < 0.93,
                "recorded_at": persons["created_at"].to_numpy(),
                "legal_basis": "consent",
                "evidence": "form",
            }
        )
        changes = frame["is_granted"].to_numpy() & (chance.uniform("consents.withdrawn", key, number) < 0.03)
        withdrawn, when = frame[changes].copy(), chance.uniform("consents.when", key[changes], number)
        withdrawn["is_granted"], withdrawn["evidence"] = False, "withdrawn by e-mail"
        withdrawn["recorded_at"] = later(withdrawn["recorded_at"], 24 * (20 + 400 * when))
        frames += [frame, withdrawn]
    frame = pd.concat(frames, ignore_index=True)
    return frame[frame["recorded_at"] <= stage.clock].sort_values("recorded_at", kind="stable").reset_index(drop=True)
