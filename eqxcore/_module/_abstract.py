"""Attributes that a class promises and a subclass must provide."""

import inspect
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar, get_origin

_T = TypeVar("_T")

if TYPE_CHECKING:
    # To a type checker an abstract attribute is an attribute.
    from typing import Annotated, TypeAlias

    AbstractVar: TypeAlias = Annotated[_T, "AbstractVar"]
    AbstractClassVar: TypeAlias = Annotated[_T, "AbstractClassVar"]
else:

    class AbstractVar(Generic[_T]):
        """Marks an attribute that subclasses must provide, as in `attr: AbstractVar[bool]`.

        A subclass provides it by a field, an attribute of the class with a value, or a property.
        It makes no field itself, so it has no say in the order of the arguments of `__init__`.
        A class whose abstract attributes are not all provided cannot be instantiated.
        """

    class AbstractClassVar(Generic[_T]):
        """Marks an attribute of the class that subclasses must provide.

        A subclass provides it by `attr: ClassVar[bool] = True`, or by any attribute of the class.
        A class whose abstract attributes are not all provided cannot be instantiated.
        """


def _resolved(annotation: Any, cls: type) -> Any:
    """Return the annotation, evaluated if it is text that might name one of the markers."""
    if not isinstance(annotation, str) or not any(
        marker in annotation for marker in ("Abstract", "ClassVar")
    ):
        return annotation
    try:
        return eval(annotation, vars(sys.modules[cls.__module__]), dict(vars(cls)))
    except (AttributeError, KeyError, NameError, SyntaxError, TypeError):
        # The text names something that is defined later, or in a function.
        return annotation


def _marker(annotation: Any) -> Any:
    return get_origin(annotation) or annotation


@contextmanager
def hidden_from_dataclasses(cls: type) -> Iterator[None]:
    """Find the abstract attributes of `cls`, and hide their annotations while it lasts.

    Sets `__abstractvars__` and `__abstractclassvars__` to the names nothing provides.

    Raises:
        TypeError: If an abstract attribute has a value, or no type.
    """
    written = inspect.get_annotations(cls)
    annotations = {name: _resolved(annotation, cls) for name, annotation in written.items()}
    variables = {name for name, hint in annotations.items() if _marker(hint) is AbstractVar}
    class_variables = {
        name for name, hint in annotations.items() if _marker(hint) is AbstractClassVar
    }
    for name, hint in annotations.items():
        if hint is AbstractVar or hint is AbstractClassVar:
            raise TypeError(
                "Cannot use unsubscripted `AbstractVar` or `AbstractClassVar`: "
                f"`{cls.__qualname__}.{name}` is declared as `{hint.__name__}`. Say of what type "
                f"it is: `{name}: {hint.__name__}[...]`."
            )
    for name in variables | class_variables:
        if name in vars(cls):
            raise TypeError(
                f"Abstract attribute {name} cannot have value: `{cls.__qualname__}.{name}` is "
                f"declared abstract and set to {vars(cls)[name]!r}. Either drop the value, or "
                "declare it without `AbstractVar`."
            )
    own = variables | class_variables
    cls.__abstractvars__ = frozenset(
        variables | _inherited(cls, "__abstractvars__", annotations, own)
    )
    cls.__abstractclassvars__ = frozenset(
        class_variables | _inherited(cls, "__abstractclassvars__", annotations, own)
    )
    if not own:
        yield
        return
    cls.__annotations__ = {name: hint for name, hint in written.items() if name not in own}
    try:
        yield
    finally:
        cls.__annotations__ = written


def _inherited(cls: type, kind: str, annotations: dict[str, Any], own: set[str]) -> set[str]:
    """Return the names that are abstract in a base and that `cls` does not provide."""
    unprovided: set[str] = set()
    for base in cls.__mro__[1:]:
        for name in getattr(base, kind, ()):
            if name in own or name in vars(cls):
                continue
            if name in annotations:
                # A class variable with no value provides nothing that instances could read.
                bare = _marker(annotations[name]) is ClassVar
                if not (bare and kind == "__abstractvars__"):
                    continue
            elif not _first_mention_is_abstract(cls, name, kind):
                continue
            unprovided.add(name)
    return unprovided


def _first_mention_is_abstract(cls: type, name: str, kind: str) -> bool:
    for base in cls.__mro__[1:]:
        if name in vars(base):
            return False
        if name in inspect.get_annotations(base):
            return name in getattr(base, kind, ())
    return False


def refuse_abstract(cls: Any) -> None:
    """Raise the error for making an instance of a class whose attributes are not all provided."""
    if not cls.__blueprint__.instantiable:
        raise TypeError(
            f"Cannot instantiate abstract `{cls.__qualname__}`: it is declared with "
            "`strict=StrictConfig(force_abstact=True)`. Make an instance of a subclass."
        )
    kinds = (
        ("abstract class attributes", cls.__abstractclassvars__),
        ("abstract attributes", cls.__abstractvars__),
    )
    missing = " and ".join(
        f"{kind} {{{', '.join(map(repr, sorted(names)))}}}" for kind, names in kinds if names
    )
    example = min(cls.__abstractclassvars__ or cls.__abstractvars__)
    how = f"{example}: ClassVar[...] = ..." if cls.__abstractclassvars__ else f"{example}: ..."
    raise TypeError(
        f"Can't instantiate abstract class {cls.__qualname__} with {missing}. Provide them in a "
        f"subclass, as by `{how}` in its body, and make an instance of that."
    )


def note_abstract(error: TypeError, cls: Any) -> None:
    """Add to the error for making an instance of a class with abstract methods what to do."""
    methods = []
    for name in sorted(cls.__abstractmethods__):
        owner = next(base for base in cls.__mro__ if name in vars(base))
        methods.append(f"`{owner.__qualname__}.{name}`")
    error.add_note(
        f"{', '.join(methods)} {'is' if len(methods) == 1 else 'are'} abstract: write `def "
        f"{min(cls.__abstractmethods__)}(self, ...)` in a subclass, and make an instance of that."
    )
