"""Frozen values that are made by the million, made quickly."""

from __future__ import annotations

from dataclasses import MISSING, fields
from typing import Any, TypeVar

T = TypeVar("T")


def fast_init(cls: type[T]) -> type[T]:
    """Give a frozen dataclass with slots an `__init__` that fills each slot by its own descriptor.

    The one that `dataclasses` writes looks every slot up by its name through `object.__setattr__`, which
    takes four times as long; an event has more than thirty. Fields, defaults and frozenness stay. Only for
    classes without `__post_init__` of which every field is keyword-only, or none."""
    known: dict[str, Any] = {}
    head, body = [], []
    for field in fields(cls):  # type: ignore[arg-type]
        known[f"_set_{field.name}"] = cls.__dict__[field.name].__set__
        body.append(f"    _set_{field.name}(self, {field.name})")
        if field.default is not MISSING:
            known[f"_default_{field.name}"] = field.default
            head.append(f"{field.name}=_default_{field.name}")
        elif field.default_factory is not MISSING:
            known[f"_make_{field.name}"], known["_missing"] = field.default_factory, MISSING
            head.append(f"{field.name}=_missing")
            body[-1] = (
                f"    _set_{field.name}(self, _make_{field.name}() if {field.name} is _missing else "
                f"{field.name})"
            )
        else:
            head.append(field.name)
    mark = "*, " if all(field.kw_only for field in fields(cls)) else ""  # type: ignore[arg-type]
    exec("\n".join([f"def __init__(self, {mark}{', '.join(head)}):", *body]), known)  # noqa: S102 - from field names alone, as dataclasses does
    made = known["__init__"]
    made.__annotations__, made.__qualname__ = cls.__init__.__annotations__, f"{cls.__qualname__}.__init__"
    cls.__init__ = made  # type: ignore[method-assign]
    return cls


def sparse_init(cls: type[T]) -> type[T]:
    """Give a frozen dataclass without slots an `__init__` that keeps what it is given, and leaves the rest to
    the class.

    Of many fields a value has few; the others are read from the class, where `dataclasses` leaves their
    defaults. Filling each of three dozen fields took three quarters of the time of making an event. Fields,
    defaults, comparison and frozenness stay. Only for keyword-only classes whose defaults are plain values;
    what must be given is checked, and so is what there is not."""
    every = frozenset(field.name for field in fields(cls))  # type: ignore[arg-type]
    needs = tuple(field.name for field in fields(cls) if field.default is MISSING)  # type: ignore[arg-type]

    def made(self: T, **given: Any) -> None:
        missing = [name for name in needs if name not in given]
        if missing or not every.issuperset(given):
            unknown = sorted(given.keys() - every)
            raise TypeError(f"{cls.__name__}: missing {missing}, unknown {unknown}")
        self.__dict__.update(given)

    made.__annotations__, made.__qualname__ = cls.__init__.__annotations__, f"{cls.__qualname__}.__init__"
    cls.__init__ = made  # type: ignore[method-assign,assignment]
    return cls
