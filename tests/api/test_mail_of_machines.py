"""Letters whose headers say that a machine wrote them: absence notes ask for nothing, and words that refuse
all the same wait for a person."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from channels.email.incoming import read_mail
from policies.reading.reading import EVENTS
from service.dispatch.receive.letters import _reading
from tests.api.as_twilio import accept, send_due, states
from tests.api.test_mail import letter, mailed, taken

MACHINES = (
    {"top": "Auto-Submitted: auto-replied"},
    {"top": "Auto-Submitted: auto-generated (rejected)"},
    {"top": "Precedence: bulk"},
    {"top": "Precedence: list"},
    {"top": "List-Id: <x.example.com>"},
    {"top": "X-Autoreply: yes"},
    {"top": "Return-Path: <>"},
    {"top": "X-MS-Exchange-Inbox-Rules-Loop: ana@example.com"},
    {"subject": "Automatic reply: A payment is overdue"},
    {"subject": "Abwesenheitsnotiz: Mahnung"},
    {"subject": "=?utf-8?b?6Ieq5Yqo5Zue5aSNOiDmrKDmrL4=?="},
    {"subject": "Respuesta automática: aviso"},
)


def by_machine(text, says):
    """A letter whose headers or subject say that a machine wrote it."""
    further = {"subject": says["subject"]} if "subject" in says else {}
    return letter(text, *([says["top"]] if "top" in says else []), **further)


@pytest.mark.parametrize("says", MACHINES)
async def test_an_answering_machine_asks_for_nothing(api, notice, says):
    """It is kept as what it is, ends no mails and is no answer."""
    await mailed(api, notice)
    found = await taken(api, by_machine("I am away until Monday. In urgent cases ask Mary Hill.", says))
    assert "automatic" == found["taken_for"]
    assert 1 == await api.count("events WHERE type = 'automatic_reply'")
    assert 1 == await api.count("events WHERE type NOT IN ('contact', 'consent')")
    await accept(api, notice, "email", reference="again")
    assert 1 == len(await send_due(api))


@pytest.mark.parametrize("says", MACHINES)
async def test_a_refusal_that_calls_itself_a_machines_waits_for_a_person(api, notice, says):
    """The headers and the words contradict each other: nothing is sent until somebody has looked."""
    await mailed(api, notice)
    found = await taken(api, by_machine("Do not contact me again", says))
    assert ("message", "unclear") == (found["taken_for"], found["meaning"])
    assert 1 == await api.count("events WHERE type = 'unclear_words' AND document ->> 'meaning' = 'cease'")
    assert 0 == await api.count("events WHERE type IN ('automatic_reply', 'cease')")
    id_ = await accept(api, notice, "email", reference="again")
    assert [] == await send_due(api)
    assert {"email": "held"} == await states(api, id_)


@pytest.mark.parametrize(
    ("words", "probably"),
    [
        ("Please stop emailing me", "opt_out"),
        ("Leave me alone", "cease"),
        ("I dispute this debt", "dispute"),
        ("I have hired a lawyer, contact her", "attorney"),
        ("You have the wrong person", "wrong_number"),
        ("I filed for bankruptcy in March", "bankruptcy"),
        ("My husband died last week", "deceased"),
        ("I lost my job and cannot pay", "hardship_request"),
        ("I am away until Monday.\n\nDo not contact me again.\nAna", "cease"),
        ("Unsubscribe", "opt_out"),
        ("Abmelden", "opt_out"),
        ("Quiero darme de baja", "opt_out"),
        ("I no longer live here, stop emailing me", "wrong_number"),
    ],
)
async def test_each_kind_of_refusal_is_heard_from_a_machine(api, notice, words, probably):
    """And what it probably is, for one action of a person."""
    await mailed(api, notice)
    found = await taken(api, letter(words, "Precedence: bulk"))
    assert "unclear" == found["meaning"]
    [row] = await api.rows("SELECT document FROM events WHERE type = 'unclear_words'")
    assert probably in {row["document"]["meaning"], EVENTS[row["document"]["meaning"]]}


async def test_what_a_machine_quotes_is_not_its_own_words(api, notice):
    """An absence note above our own mail, whose foot says how to end the mails."""
    await mailed(api, notice)
    note = "I am away until Monday.\n\n> Your payment is overdue.\n> To stop these mails, unsubscribe"
    assert "automatic" == (await taken(api, letter(note, "Auto-Submitted: auto-replied")))["taken_for"]


async def test_a_server_refuses_nothing_for_the_person(api, notice):
    """Whatever a mail server writes of the mail."""
    await mailed(api, notice)
    found = await taken(
        api,
        letter(
            "Do not contact me again", "Auto-Submitted: auto-replied", sender="MAILER-DAEMON@mail.example.com"
        ),
    )
    assert "message" != found["taken_for"]
    assert 0 == await api.count("events WHERE type = 'unclear_words'")


def away_notes():
    """Every note of a machine among the replies whose meaning is known, and further ones."""
    folder = Path(__file__).parents[1] / "policies" / "replies"
    documents = [yaml.safe_load(path.read_text("utf-8")) for path in sorted(folder.glob("*.yaml"))]
    found = [
        note
        for document in documents
        for part in document.values()
        if isinstance(part, dict)
        for note in part.get("automatic", ())
    ]
    return [*found, *AWAY.strip().split("\n")]


@pytest.mark.slow
def test_absence_notes_are_no_refusals():
    """In whatever language."""
    notes = away_notes()
    assert 170 < len(notes)
    read = {note: _reading(_away(note), None, known=True).kind for note in notes}
    assert {} == {note: kind for note, kind in read.items() if kind != "automatic"}


def _away(note):
    found = read_mail(letter(note.replace("\\n", "\n"), "Auto-Submitted: auto-replied"), re.compile("x^"))
    assert found is not None
    return found.content


AWAY = r"""
Ich bin im Urlaub. Abmelden können Sie sich hier.
I am away until Monday.\nTo unsubscribe from this list, click here.
Back on Monday.\n--\nYou can unsubscribe at any time.
Thank you for your mail.\nUnsubscribe: https://lists.example.com/u/1
Je suis en vacances. Pour vous désabonner, cliquez ici.
Estoy de vacaciones. Puede darse de baja aquí.
Ik ben met vakantie. U kunt zich hier afmelden.
Sono in ferie. Per cancellarti clicca qui.
I am out of the office until 5 January and will answer your mail on my return. In urgent cases please contact Mary Hill at +1 202 555 0100.
Thank you for your email. I am on annual leave with no access to email.\nKind regards\nAna\n\nThis e-mail is confidential. If you are not the intended recipient, please notify the sender and delete it.
I no longer work at Example Ltd. Please write to office@example.com instead.
I am away until 7 December without access to mail. Please stop by reception or stop in at the front desk.
I have left the company. Your mail will not be forwarded.
This mailbox is no longer monitored. Please use our contact form.
I am currently on sick leave and will not be reading e-mail. Please contact my colleague.
Due to a bereavement I am away until Monday.
I'm on parental leave; your message will be deleted. Please resend after 1 March.
You have reached the wrong department if this is about invoices; write to ap@example.com.
This is an automatic reply. Do not reply to this message.
Our offices are closed for the holidays.
The law offices of Hill & Partners are closed until 5 January. If you need an attorney, call +1 202 555 0123.
Ich bin bis zum 5. Januar nicht im Büro. Ihre E-Mail wird nicht weitergeleitet. In dringenden Fällen wenden Sie sich bitte an Frau Berg.
Vielen Dank für Ihre Nachricht. Ich bin im Urlaub. Meine Mails werden in dieser Zeit nicht gelesen.
Ich bin in Elternzeit. Bitte wenden Sie sich an meine Vertretung.
Je suis absent du bureau jusqu'au 5 janvier. En cas d'urgence, merci de contacter Paul Martin.
Je suis en congé maternité. Votre message ne sera pas transféré.
Estoy fuera de la oficina hasta el 5 de enero. Para asuntos urgentes, llame al +12025550123.
Gracias por su mensaje. Estaré de vacaciones y no tendré acceso al correo.
Ya no trabajo en esta empresa. Escriba a info@example.com.
Sono fuori ufficio fino al 5 gennaio. Per urgenze contattare la collega Maria Rossi.
Estou de férias até 5 de janeiro e responderei ao seu e-mail quando voltar.
Estou fora do escritório sem acesso a e-mail. Em caso de urgência, ligue para João.
Ik ben afwezig tot 5 januari. Uw e-mail wordt niet doorgestuurd. Voor dringende zaken kunt u contact opnemen met mijn collega.
Jestem na urlopie do 5 stycznia. W pilnych sprawach proszę o kontakt z Anną.
Я в отпуске до 5 января. По срочным вопросам обращайтесь к коллегам.
Я больше не работаю в этой компании. Пишите на info@example.com.
Я у відпустці до 5 січня. Відповім після повернення.
5 Ocak'a kadar izindeyim. Acil durumlar için lütfen Ayşe Hanım ile iletişime geçin.
我正在休假，1月5日返回，届时会回复您的邮件。如有急事请联系王女士。
休暇中のため、1月5日までメールに返信できません。お急ぎの場合は山田までご連絡ください。
1월 5일까지 휴가 중입니다. 급한 용무는 김민수에게 연락 바랍니다.
Saya sedang cuti sampai 5 Januari. Untuk hal mendesak hubungi Budi.
Tôi đang nghỉ phép đến ngày 5 tháng 1. Việc gấp xin liên hệ chị Lan.
Είμαι εκτός γραφείου έως τις 5 Ιανουαρίου. Για επείγοντα επικοινωνήστε με τη Μαρία.
Sunt în concediu până pe 5 ianuarie. Pentru urgențe contactați-l pe Andrei.
أنا في إجازة حتى 5 يناير. للأمور العاجلة يرجى التواصل مع زميلي.
מחוץ למשרד עד 5 בינואר. בנושאים דחופים פנו לדנה.
मैं 5 जनवरी तक छुट्टी पर हूँ। ज़रूरी काम के लिए कृपया रमेश से संपर्क करें।
"""  # noqa: E501
