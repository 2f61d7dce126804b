"""Further bounces, composed after the reader was written, from what servers and providers send today."""

from __future__ import annotations

from tests.channels.mail_specimens import (
    ANA,
    MESSAGE_ID,
    OURS,
    SENDER,
    WORDS,
    Shape,
    headers,
    mail,
    plain,
    recipient,
    returned,
    status,
    words,
)  # fmt: skip

NO_ACCOUNT = (
    "Diagnostic-Code: smtp; 550-5.1.1 The email account that you tried to reach does not exist. Please try\n"
    " 550-5.1.1 double-checking the recipient's email address for typos or\n 550 5.1.1 unnecessary spaces."
)

FURTHER = [
    Shape(
        "our Message-ID in a field of the report itself, a folded diagnosis",
        mail(words(f"** Address not found **\n\nYour message wasn't delivered to {ANA}."),
             "Content-Type: message/delivery-status\n\nReporting-MTA: dns; mail.example\n"
             f"X-Original-Message-ID: <{MESSAGE_ID}>\n\nFinal-Recipient: rfc822; {ANA}\nAction: failed\n"
             f"Status: 5.1.1\n{NO_ACCOUNT}\n"),
        "failed", True, "5.1.1",
    ),
    Shape(
        "Postfix with its own fields, the whole mail",
        mail(words("This is the mail system at host mx.example.net."),
             "Content-Description: Delivery report\nContent-Type: message/delivery-status\n\n"
             f"Reporting-MTA: dns; mx.example.net\nX-Postfix-Sender: rfc822; {SENDER}\n\n"
             f"Final-Recipient: rfc822; {ANA}\nOriginal-Recipient: rfc822;{ANA}\nAction: failed\n"
             f"Status: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 <{ANA}>... User unknown\n",
             returned(headers(), "message/rfc822")),
        "failed", True, "5.1.1",
    ),
    Shape(
        "Sendmail, a transcript and fields in capitals",
        mail(words("   ----- Transcript of session follows -----\n>>> DATA\n<<< 550 5.1.1 User unknown"),
             status(f"Final-Recipient: RFC822; {ANA}\nAction: failed\nStatus: 5.1.1\n"
                    "Diagnostic-Code: SMTP; 550 5.1.1 User unknown"), OURS),
        "failed", True, "5.1.1",
    ),
    Shape("a mailbox that is disabled, by 554", mail(WORDS, status(recipient("failed", "5.0.0",
    diagnosis="554 30 Sorry, your message cannot be delivered. This mailbox is disabled (554.30).")), OURS),
    "failed", False, "554"),
    Shape("a grey list", mail(WORDS, status(recipient("delayed", "4.2.0",
    diagnosis="450 4.2.0 Recipient address rejected: Greylisted")), OURS), "delayed", False, "4.2.0"),
    Shape("an unauthenticated sender", mail(WORDS, status(recipient("failed", "5.7.26",
    diagnosis="550-5.7.26 This mail has been blocked because the sender is unauthenticated.")), OURS),
    "failed", False, "5.7.26"),
    Shape("too many hops", mail(WORDS, status(recipient("failed", "5.4.6",
    diagnosis="554 5.4.6 Too many hops")), OURS), "failed", False, "5.4.6"),
    Shape("a name server that does not answer", mail(WORDS, status(recipient("failed", "5.4.4",
    diagnosis="X-Postfix; Host or domain name not found. Name service error")), OURS), "failed", False,
    "5.4.4"),
    Shape("a domain that is none", mail(WORDS, status(recipient("failed", "5.1.2",
    diagnosis="550 5.1.2 bad destination system: no such domain")), OURS), "failed", True, "5.1.2"),
    Shape("a status with a comment", mail(WORDS, status(f"Final-Recipient: rfc822;{ANA}\nAction: failed\n"
    "Status: 5.1.1 (bad destination mailbox address)"), OURS), "failed", True, "5.1.1"),
    Shape("a gateway's free form", plain(
        f"The following recipient(s) could not be reached:\n\n  {ANA}\n    550 5.1.1 Invalid Recipient\n\n"
        f"{headers()}\n", sender="postmaster@relay.example.net",
        subject="[Postmaster] Email Delivery Failure"),
    "failed", True, "5.1.1"),
    Shape("a free form in German", plain(
        f"Ihre Nachricht konnte nicht zugestellt werden:\n\n<{ANA}>: 550 5.1.1 Benutzer unbekannt\n\n"
        f"--- Kopie ---\n{headers()}\n", subject="Nachricht unzustellbar"), "failed", True, "5.1.1"),
    Shape("lines that end as on the wire", mail(WORDS, status(recipient()), OURS).replace(b"\n", b"\r\n"),
    "failed", True, "5.1.1"),
]  # fmt: skip
"""Each is one failure, delay or refusal, in a shape that none of the others has."""
