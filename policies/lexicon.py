"""The words of rules and findings in each language: what is counted, what happened, who is meant, what a
message carries.

A key may name its place in a sentence (`to:spouse`), since a word may mean two things in two places."""

from __future__ import annotations

from collections.abc import Mapping

WORDS: Mapping[str, Mapping[str, str]] = {
    # what is counted, and in which bucket
    "calls": {"zh-CN": "通话", "es": "llamadas"},
    "contacts": {"zh-CN": "联系", "es": "contactos"},
    "attempts": {"zh-CN": "联系尝试", "es": "intentos de contacto"},
    "messages": {"zh-CN": "消息", "es": "mensajes"},
    "message": {"zh-CN": "消息", "es": "mensaje"},
    "reminders": {"zh-CN": "提醒", "es": "recordatorios"},
    "letters": {"zh-CN": "信函", "es": "cartas"},
    "conversations": {"zh-CN": "通话交谈", "es": "conversaciones"},
    "calls and texts": {"zh-CN": "通话和短信", "es": "llamadas y mensajes de texto"},
    "consent requests": {"zh-CN": "征求同意的请求", "es": "solicitudes de consentimiento"},
    "effective calls": {"zh-CN": "有效通话", "es": "llamadas efectivas"},
    "electronic messages": {"zh-CN": "电子消息", "es": "mensajes electrónicos"},
    "location call": {"zh-CN": "查找下落的通话", "es": "llamada de localización"},
    "a call": {"zh-CN": "再次致电", "es": "una nueva llamada"},
    "contact": {"zh-CN": "再次联系", "es": "un nuevo contacto"},
    "per borrower": {"zh-CN": "按借款人计", "es": "por persona deudora"},
    "per number": {"zh-CN": "按号码计", "es": "por número"},
    "per person called": {"zh-CN": "按被叫人计", "es": "por persona llamada"},
    "per debt": {"zh-CN": "按每笔债务计", "es": "por deuda"},
    "per account": {"zh-CN": "按账户计", "es": "por cuenta"},
    "per creditor": {"zh-CN": "按债权人计", "es": "por acreedor"},
    # triggers and channels
    "conversation": {
        "en": "a telephone conversation",
        "zh-CN": "电话交谈",
        "es": "una conversación telefónica",
    },
    "reached": {
        "en": "a contact that reached the borrower",
        "zh-CN": "已联系到借款人的接触",
        "es": "un contacto que llegó a la persona deudora",
    },
    "sent": {"en": "a contact", "zh-CN": "联系", "es": "un contacto"},
    "voice": {"en": "telephone", "zh-CN": "电话", "es": "teléfono"},
    "voice_prerecorded": {"en": "prerecorded call", "zh-CN": "预录语音电话", "es": "llamada grabada"},
    "ringless_vm": {"en": "ringless voicemail", "zh-CN": "无振铃语音留言", "es": "mensaje de voz sin timbre"},
    "sms": {"en": "text message", "zh-CN": "短信", "es": "mensaje de texto"},
    "email": {"en": "e-mail", "zh-CN": "电子邮件", "es": "correo electrónico"},
    "im": {"en": "instant message", "zh-CN": "即时消息", "es": "mensajería instantánea"},
    "letter": {"en": "letter", "zh-CN": "信函", "es": "carta"},
    "unanswered calls": {"zh-CN": "无人接听的拨打", "es": "llamadas sin respuesta"},
    # what happened
    "opt_out": {
        "en": "the borrower's opt-out",
        "zh-CN": "借款人的退订",
        "es": "la baja pedida por la persona deudora",
    },
    "cease": {
        "en": "the borrower's written request to cease communication",
        "zh-CN": "借款人要求停止联系的书面请求",
        "es": "la petición escrita de cesar el contacto",
    },
    "attorney": {
        "en": "the notice that an attorney represents the borrower",
        "zh-CN": "律师代理通知",
        "es": "el aviso de que un abogado la representa",
    },
    "employer_prohibits": {
        "en": "the notice that the employer prohibits such contact",
        "zh-CN": "雇主禁止此类联系的通知",
        "es": "el aviso de que el empleador prohíbe tal contacto",
    },
    "home_inconvenient": {
        "en": "the borrower's word that contact at home is inconvenient",
        "zh-CN": "借款人关于在家中不便接受联系的声明",
        "es": "el aviso de que no conviene el contacto en casa",
    },
    "contact_person_refused": {
        "en": "the contact person's refusal",
        "zh-CN": "联系人的拒绝",
        "es": "la negativa de la persona de contacto",
    },
    "dispute": {
        "en": "the borrower's dispute of the debt",
        "zh-CN": "借款人对债务的异议",
        "es": "la impugnación de la deuda",
    },
    "bankruptcy": {"en": "the bankruptcy filing", "zh-CN": "破产申请", "es": "la solicitud de concurso"},
    "deceased": {
        "en": "the report of the borrower's death",
        "zh-CN": "借款人去世的报告",
        "es": "el aviso del fallecimiento",
    },
    "hardship_request": {
        "en": "the borrower's hardship request",
        "zh-CN": "借款人的困难申请",
        "es": "la solicitud por dificultades de pago",
    },
    "wrong_number": {
        "en": "the report that the number is somebody else's",
        "zh-CN": "号码属于他人的报告",
        "es": "el aviso de que el número es de otra persona",
    },
    "address_dead": {
        "en": "the report that the address is not in service",
        "zh-CN": "地址停用的报告",
        "es": "el aviso de que la dirección no está en servicio",
    },
    "complaint": {
        "en": "the borrower's complaint about a message",
        "zh-CN": "借款人对消息的投诉",
        "es": "la queja del deudor por un mensaje",
    },
    "plan_request": {
        "en": "the borrower's request for a payment plan",
        "zh-CN": "借款人提出的分期还款请求",
        "es": "la petición de un plan de pagos",
    },
    "profiling_objection": {
        "en": "the borrower's objection to profiling",
        "zh-CN": "借款人对用户画像的反对",
        "es": "la oposición a la elaboración de perfiles",
    },
    "address_confirmed": {
        "en": "the confirmation that the address is the borrower's",
        "zh-CN": "地址属于借款人的确认",
        "es": "la confirmación de que la dirección es del deudor",
    },
    "revoke_consent": {
        "en": "the borrower's revocation of consent",
        "zh-CN": "借款人撤回同意",
        "es": "la revocación del consentimiento",
    },
    "unclear_words": {
        "en": "an unclear message from the borrower",
        "zh-CN": "借款人含义不明的消息",
        "es": "un mensaje poco claro de la persona deudora",
    },
    "person_hold": {
        "en": "a hold placed by a person",
        "zh-CN": "人工冻结",
        "es": "una retención puesta por una persona",
    },
    "promise_to_pay": {
        "en": "the borrower's promise to pay",
        "zh-CN": "借款人的还款承诺",
        "es": "la promesa de pago",
    },
    "payment": {
        "en": "the borrower's payment",
        "zh-CN": "借款人的还款",
        "es": "el pago de la persona deudora",
    },
    "opt_in": {"en": "a new opt-in", "es": "una nueva alta", "zh-CN": "重新订阅"},
    "cease_withdrawn": {
        "en": "the withdrawal of the request to cease",
        "es": "la retirada de la petición de cese",
        "zh-CN": "撤回停止联系的请求",
    },
    "inbound": {
        "en": "a message from the borrower",
        "es": "un mensaje de la persona deudora",
        "zh-CN": "借款人来信",
    },
    "attorney_unresponsive": {
        "en": "an attorney who does not respond",
        "es": "un abogado que no responde",
        "zh-CN": "律师未予回应",
    },
    "attorney_consents": {
        "en": "the attorney's consent",
        "es": "el consentimiento del abogado",
        "zh-CN": "律师的同意",
    },
    "attorney_withdrawn": {
        "en": "the end of the attorney's mandate",
        "es": "el fin del mandato del abogado",
        "zh-CN": "律师代理终止",
    },
    "dispute_resolved": {
        "en": "the answer to the dispute",
        "es": "la respuesta a la impugnación",
        "zh-CN": "异议的答复",
    },
    "bankruptcy_dismissed": {
        "en": "the dismissal of the bankruptcy",
        "es": "el archivo del concurso",
        "zh-CN": "破产申请被驳回",
    },
    "hardship_answered": {
        "en": "the answer to the hardship request",
        "es": "la respuesta a la solicitud por dificultades",
        "zh-CN": "困难申请的答复",
    },
    "person_release": {
        "en": "a person's release",
        "es": "la liberación por una persona",
        "zh-CN": "人工解除冻结",
    },
    "debtor_unreachable": {
        "en": "the finding that the debtor is unreachable",
        "es": "la constatación de que la persona deudora es ilocalizable",
        "zh-CN": "债务人失联的认定",
    },
    "became_overdue": {
        "en": "the debt's falling overdue",
        "es": "el vencimiento de la deuda",
        "zh-CN": "债务逾期",
    },
    "notice_sent": {"en": "the sending of the notice", "es": "el envío del aviso", "zh-CN": "通知的发出"},
    "notice_mailed": {
        "en": "the mailing of the notice",
        "es": "el envío postal del aviso",
        "zh-CN": "通知的寄出",
    },
    "consent": {
        "en": "the borrower's consent",
        "es": "el consentimiento de la persona deudora",
        "zh-CN": "借款人的同意",
    },
    "consent_call": {
        "en": "direct consent to be called",
        "es": "el consentimiento directo a ser llamada",
        "zh-CN": "对来电的直接同意",
    },
    "designation": {
        "en": "the borrower's word on inconvenient times",
        "es": "la declaración de horas inconvenientes",
        "zh-CN": "借款人关于不便时间的声明",
    },
    "designation_withdrawn": {
        "en": "the withdrawal of that word",
        "es": "la retirada de esa declaración",
        "zh-CN": "撤回该声明",
    },
    "agreed_hours": {
        "en": "the agreement on hours",
        "es": "el acuerdo sobre horarios",
        "zh-CN": "约定的时段",
    },
    "rnd_check": {
        "en": "a check for reassigned numbers",
        "es": "una comprobación de números reasignados",
        "zh-CN": "号码重新分配核查",
    },
    "number_given": {
        "en": "the number's being given to the creditor",
        "es": "la entrega del número al acreedor",
        "zh-CN": "向债权人提供号码",
    },
    "help": {
        "en": "the borrower's request for help",
        "es": "la petición de ayuda de la persona deudora",
        "zh-CN": "借款人的求助",
    },
    "contact_deferred": {
        "en": "the agreed or lawful pause of contact",
        "es": "la pausa de contacto acordada o legal",
        "zh-CN": "约定或法定的暂停联系",
    },
    "hardship_offered": {
        "en": "the offer of help in difficulty",
        "es": "el ofrecimiento de ayuda ante dificultades",
        "zh-CN": "提供困难援助",
    },
    "trigger:contact": {
        "en": "somebody was tried elsewhere",
        "es": "se intentó antes en otro lugar",
        "zh-CN": "先尝试过其他联系方式",
    },
    "trigger:notice sent": {"en": "the notice was sent", "zh-CN": "通知发出", "es": "el aviso se envió"},
    "trigger:notice mailed": {
        "en": "the notice was mailed",
        "zh-CN": "通知寄出",
        "es": "el aviso se envió por correo",
    },
    "trigger:became overdue": {"en": "the debt fell overdue", "zh-CN": "债务逾期", "es": "la deuda venció"},
    "trigger:debtor unreachable": {
        "en": "the debtor was found unreachable",
        "zh-CN": "债务人失联",
        "es": "la persona deudora resultó ilocalizable",
    },
    "trigger:inbound": {
        "en": "a message from the borrower arrived",
        "zh-CN": "收到借款人来信",
        "es": "llegó un mensaje de la persona deudora",
    },
    "trigger:promise to pay": {
        "en": "the borrower promised to pay",
        "zh-CN": "借款人承诺还款",
        "es": "la persona deudora prometió pagar",
    },
    # persons
    "to:consumer": {"en": "the borrower", "zh-CN": "借款人本人", "es": "la persona deudora"},
    "to:spouse": {
        "en": "the borrower's spouse",
        "zh-CN": "借款人的配偶",
        "es": "el cónyuge de la persona deudora",
    },
    "to:guarantor": {"en": "a guarantor", "zh-CN": "担保人", "es": "un avalista"},
    "to:attorney": {
        "en": "the borrower's attorney",
        "zh-CN": "借款人的律师",
        "es": "el abogado de la persona deudora",
    },
    "to:creditor": {"en": "the creditor", "zh-CN": "债权人", "es": "el acreedor"},
    "to:cra": {
        "en": "a consumer reporting agency",
        "zh-CN": "征信机构",
        "es": "una agencia de informes crediticios",
    },
    "to:contact person": {"en": "a contact person", "zh-CN": "联系人", "es": "una persona de contacto"},
    "to:relative": {"en": "a relative", "zh-CN": "亲属", "es": "un familiar"},
    "to:sibling": {"en": "a brother or sister", "zh-CN": "兄弟姐妹", "es": "un hermano o una hermana"},
    "to:location third party": {
        "en": "a third party asked for the borrower's whereabouts",
        "zh-CN": "被询问借款人下落的第三人",
        "es": "un tercero a quien se pregunta por el paradero",
    },
    "to:executor": {"en": "an executor", "zh-CN": "遗产执行人", "es": "un albacea"},
    "to:guardian": {"en": "a guardian", "zh-CN": "监护人", "es": "un tutor"},
    "to:parent of minor": {
        "en": "a minor's parent",
        "zh-CN": "未成年人的父母",
        "es": "el padre o la madre de un menor",
    },
    # what a message carries, and on what occasion
    "element:optout notice": {
        "en": "a line that says how to opt out",
        "zh-CN": "退订方式说明",
        "es": "una línea que diga cómo darse de baja",
    },
    "element:creditor name": {
        "en": "the creditor's name",
        "es": "el nombre del acreedor",
        "zh-CN": "债权人名称",
    },
    "element:contact phone": {
        "en": "a telephone number to call back",
        "es": "un teléfono de contacto",
        "zh-CN": "联系电话",
    },
    "element:debt advice": {
        "en": "where debt advice is to be had",
        "es": "dónde pedir asesoramiento sobre deudas",
        "zh-CN": "债务咨询途径",
    },
    "element:marketing": {"en": "marketing", "zh-CN": "营销内容", "es": "publicidad"},
    "element:public": {
        "en": "words that others can see",
        "zh-CN": "他人可见的内容",
        "es": "palabras que otros pueden ver",
    },
    "being visible to others": {"zh-CN": "内容对他人可见", "es": "que otros puedan verlo"},
    "marketing in the message": {"zh-CN": "消息中的营销内容", "es": "la publicidad en el mensaje"},
    "the missing opt-out line": {"zh-CN": "缺少退订说明", "es": "la falta de la línea de baja"},
    "what:work phone": {
        "en": "the number being a workplace's",
        "zh-CN": "号码属于工作单位",
        "es": "que el número sea del trabajo",
    },
    "what:workplace": {
        "en": "the address being a workplace's",
        "zh-CN": "地址属于工作单位",
        "es": "que la dirección sea del trabajo",
    },
    "what:employer email": {
        "en": "the mailbox being the employer's",
        "zh-CN": "邮箱属于雇主",
        "es": "que el buzón sea del empleador",
    },
    "what:instant message": {
        "en": "instant messages being no channel that the law permits",
        "zh-CN": "即时消息不属于法律允许的联系方式",
        "es": "que la mensajería instantánea no sea un canal permitido por la ley",
    },
    "what:bereavement": {"en": "a bereavement", "zh-CN": "丧事", "es": "un duelo"},
    "what:calamity": {"en": "a calamity", "zh-CN": "灾害", "es": "una calamidad"},
    "what:marriage": {"en": "a marriage", "zh-CN": "婚礼", "es": "una boda"},
    "what:festival": {"en": "a festival", "zh-CN": "节庆", "es": "una fiesta"},
    # tiers
    "tier:before due": {"zh-CN": "到期前", "es": "antes del vencimiento"},
    "tier:early": {"zh-CN": "早期", "es": "inicial"},
    "tier:middle": {"zh-CN": "中期", "es": "medio"},
    "tier:late": {"zh-CN": "后期", "es": "tardío"},
}
