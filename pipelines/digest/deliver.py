"""A digest -> a mail and a webhook's message; what goes wrong is told without an address's password or a webhook's token."""

import html
import re
import smtplib
import ssl
from collections.abc import Callable
from email.message import EmailMessage
from email.utils import formatdate
from urllib.parse import unquote, urlsplit

from pipelines.digest.lines import Digest
from pipelines.exchange import LOOPBACK, Connections, ExchangeError, http_address
from pipelines.settings import Secret, Settings, SettingsError

SECONDS = 20
ADDRESS = re.compile(r"[^@\s<>,]+@[^@\s<>,]+")


class DeliveryError(Exception):
    """A digest did not reach its place; the message names the setting to look at."""


def _message(digest: Digest, sender: str, receivers: tuple[str, ...]) -> EmailMessage:
    """Plain text with the same as simple HTML; one week has one Message-ID, by which mail programs know a second copy."""
    message = EmailMessage()
    message["Subject"], message["From"], message["To"], message["Date"] = digest.lines[0], sender, ", ".join(receivers), formatdate()
    message["Message-ID"] = f"<goodwill-digest-{digest.week.lower()}@{sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content("\n\n".join(digest.lines) + "\n")
    title, *rest = (html.escape(line) for line in digest.lines)
    paragraphs = "".join(f"<p>{line}</p>" for line in rest)
    message.add_alternative(
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title></head><body><h1>{title}</h1>{paragraphs}</body></html>',
        subtype="html",
    )
    return message


def _addresses(settings: Settings) -> tuple[str, tuple[str, ...]]:
    sender, receivers = settings.digest_from, settings.digest_to
    wrong = [address for address in (sender, *receivers) if not ADDRESS.fullmatch(address)]
    if wrong or not receivers:
        raise SettingsError("GOODWILL_SMTP_URL is given: set GOODWILL_DIGEST_FROM to an address, and GOODWILL_DIGEST_TO to one or several")
    return sender, receivers


def _mail(digest: Digest, settings: Settings, url: Secret) -> None:
    sender, receivers = _addresses(settings)
    try:
        server = urlsplit(url.reveal())
        host, port = server.hostname, server.port
    except ValueError:
        host = None
    if not host or server.scheme not in ("smtp", "smtps"):
        raise SettingsError(
            "GOODWILL_SMTP_URL is no address of a mail server: smtp://user:password@host:587 or smtps://user:password@host:465"
        )
    context = ssl.create_default_context()
    try:
        made = (
            smtplib.SMTP_SSL(host, port or 465, timeout=SECONDS, context=context)
            if server.scheme == "smtps"
            else smtplib.SMTP(host, port or 587, timeout=SECONDS)
        )
        with made as connection:
            connection.ehlo()
            if server.scheme == "smtp" and connection.has_extn("starttls"):
                connection.starttls(context=context)
                connection.ehlo()
            elif server.scheme == "smtp" and host not in LOOPBACK:
                raise DeliveryError(f"the mail server {host} offers no encryption (STARTTLS), and nothing is sent in the clear")
            if server.username:
                connection.login(unquote(server.username), unquote(server.password or ""))
            refused = connection.send_message(_message(digest, sender, receivers))
    except (OSError, smtplib.SMTPException) as fault:
        # an answer may repeat what was said to the server
        code = getattr(fault, "smtp_code", None)
        raise DeliveryError(
            f"the mail server {host} did not take it ({type(fault).__name__}{f' {code}' if code else ''}): see GOODWILL_SMTP_URL"
        ) from None
    if refused:
        raise DeliveryError(f"the mail server {host} refused {len(refused)} of {len(receivers)} addresses: see GOODWILL_DIGEST_TO")


def _webhook(digest: Digest, url: Secret) -> None:
    target = http_address(url.reveal())
    if target is None or (target.scheme == "http" and target.hostname not in LOOPBACK):
        raise SettingsError("GOODWILL_WEBHOOK_URL is no https:// address")
    host = target.hostname
    # the three characters by which chat programs make links and call everybody
    text = "\n".join(digest.lines).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    try:
        answer = Connections(url.reveal(), {}, SECONDS).exchange("POST", url.reveal(), body={"text": text})
    except ExchangeError as fault:
        raise DeliveryError(f"the webhook at {host} {fault}") from None
    if not 200 <= answer.status_code < 300:
        raise DeliveryError(f"the webhook at {host} answered {answer.status_code}: see GOODWILL_WEBHOOK_URL")


def channels(settings: Settings) -> dict[str, Callable[[Digest], None]]:
    """Ways that are configured, by name. Each raises DeliveryError, or SettingsError where its setting cannot be used."""
    found: dict[str, Callable[[Digest], None]] = {}
    if (mail := settings.smtp_url) is not None:
        found["mail"] = lambda digest: _mail(digest, settings, mail)
    if (webhook := settings.webhook_url) is not None:
        found["webhook"] = lambda digest: _webhook(digest, webhook)
    return found
