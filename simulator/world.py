"""Seed and clock -> the demo company's world: every subject drawn in order, as it looks at SIM_NOW."""

from dataclasses import dataclass
from datetime import datetime

import pandas as pd

from simulator import (
    world_clients,
    world_money,
    world_office,
    world_people,
    world_posts,
    world_sales,
    world_stories,
    world_surveys,
    world_talk,
)
from simulator.stage import ACCOUNTS, DAYS, FIRST_CLOCK, SEED, Stage


@dataclass(frozen=True)
class World:
    """Frames in the words of MODEL.md plus what only the simulator knows; row numbers in `account` and `actor` point into those frames."""

    stage: Stage
    staff: pd.DataFrame
    accounts: pd.DataFrame  # with client_since and left_at
    contacts: pd.DataFrame
    actors: pd.DataFrame
    identity_links: pd.DataFrame
    consents: pd.DataFrame
    profiles: pd.DataFrame
    campaigns: pd.DataFrame
    posts: pd.DataFrame
    reactions: pd.DataFrame
    talk: pd.DataFrame
    touches: pd.DataFrame
    deals: pd.DataFrame
    conversations: pd.DataFrame
    desk: pd.DataFrame
    chat: pd.DataFrame
    letters: pd.DataFrame
    subscriptions: pd.DataFrame
    invoices: pd.DataFrame
    refunds: pd.DataFrame
    rates: pd.DataFrame
    advertising: pd.DataFrame
    costs: pd.DataFrame
    surveys: pd.DataFrame
    survey_invitations: pd.DataFrame
    experiments: pd.DataFrame
    experiment_outcomes: pd.DataFrame
    objectives: pd.DataFrame
    likes_of_answers: pd.DataFrame
    story_submissions: pd.DataFrame

    @property
    def now(self) -> datetime:
        return self.stage.now


def build(now: datetime = FIRST_CLOCK, seed: int = SEED, days: int = DAYS, accounts: int = ACCOUNTS) -> World:
    """The world at `now` (UTC, naive). The history begins `days` before the first clock; the same arguments give the same world."""
    stage = Stage(seed, now, days, accounts)
    staff = world_people.staff(stage)
    companies = world_people.accounts(stage)
    contacts = world_people.contacts(stage, companies)
    actors = world_people.actors(stage, contacts)
    profiles = world_posts.profiles(stage)
    posts = world_posts.posts(stage, profiles)
    sold = world_sales.sales(stage, companies, contacts, posts)
    crew = staff[(staff["team"] == "support") & staff["left_at"].isna() & (staff["started_at"] < stage.start)]
    served = world_clients.clients(stage, companies, contacts, crew, sold.client_since)
    roles = companies.assign(client_since=sold.client_since, left_at=served.left_at)
    periods = world_money.subscriptions(stage, companies, sold.client_since, served.left_at)
    bills = world_money.invoices(stage, companies, periods, sold, served.left_at)
    ads = world_money.advertising(stage)
    answers, invitations = world_surveys.surveys(stage, companies, contacts, staff, sold.client_since, served.left_at)
    tests, outcomes = world_surveys.experiments(stage)
    talk = world_talk.talk(stage, posts, actors, roles, profiles)
    return World(
        stage=stage,
        staff=staff,
        accounts=roles,
        contacts=contacts,
        actors=actors,
        identity_links=world_people.identity_links(stage, actors),
        consents=world_people.consents(stage, contacts),
        profiles=profiles,
        campaigns=world_posts.campaigns(stage),
        posts=posts,
        reactions=world_posts.reactions(stage, posts, actors),
        talk=talk,
        touches=sold.touches,
        deals=sold.deals,
        conversations=served.conversations,
        desk=served.messages,
        chat=world_office.chat(stage, staff),
        letters=world_office.letters(stage, staff, companies, contacts),
        subscriptions=periods,
        invoices=bills,
        refunds=world_money.refunds(stage, bills),
        rates=world_money.rates(stage),
        advertising=ads,
        costs=world_money.costs(stage, ads),
        surveys=answers,
        survey_invitations=invitations,
        experiments=tests,
        experiment_outcomes=outcomes,
        objectives=world_surveys.objectives(stage),
        likes_of_answers=world_stories.likes_of_answers(stage, talk, actors),
        story_submissions=world_stories.submissions(stage, staff),
    )
