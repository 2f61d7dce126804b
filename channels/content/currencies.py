"""The currencies of ISO 4217 and their minor units, as the standard's list one has them (read as of
2026-01-01).

Babel says how an amount is *written*; what an amount may *be* must not change with a library's release: CLDR
says how many decimals are in daily use, and moved COP, IDR, HUF and RSD from one release to the next while
ISO 4217 did not."""

from __future__ import annotations

_TWO = """
AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW
CNY COP COU CRC CUP
CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD
KES KGS KHR KPW KYD
KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD
PAB PEN PGK PHP PKR
PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD
TZS UAH USD USN UYU
UZS VED VES WST XCD XCG YER ZAR ZMW ZWG
"""
_NONE = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_THREE = "BHD IQD JOD KWD LYD OMR TND"
_FOUR = "CLF UYW"
_LATELY_WITHDRAWN = "ANG BGN CUC HRK SLL ZWL"
"""Withdrawn since 2021: old debts still state them. Two decimals each."""

MINOR_UNITS = {
    code: digits
    for digits, codes in ((0, _NONE), (2, _TWO + _LATELY_WITHDRAWN), (3, _THREE), (4, _FOUR))
    for code in codes.split()
}
"""Decimals of an amount, by code. Codes without a minor unit (metals, units of account, tests) are no money
of a debt."""


def decimals_of(currency: str) -> int:
    """How many decimals an amount in this currency may have (ISO 4217). Raises KeyError for a code that is
    none."""
    return MINOR_UNITS[currency]
