"""Formulas as they are typed: what they say, how they are written, and where they are wrong."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grokterm.errors import ConfigError
from grokterm.tasks.formula import LENGTH, FormulaError, parse_formula
from grokterm.tasks.polynomial import COEFFICIENT, DEGREE, Polynomial


@pytest.mark.parametrize(
    ("typed", "written", "shown"),
    [
        ("a^2 + 3ab + 5b - 1", "a^2 + 3ab + 5b - 1", "a² + 3ab + 5b − 1"),
        ("-1+5 b+3*a·b+a**2", "a^2 + 3ab + 5b - 1", "a² + 3ab + 5b − 1"),
        ("x²+xy", "a^2 + ab", "a² + ab"),
        ("(a+b)^3", "a^3 + 3a^2b + 3ab^2 + b^3", "a³ + 3a²b + 3ab² + b³"),
        ("-a²·b − −3", "-a^2b + 3", "−a²b + 3"),
        ("a/b", "a / b", "a / b"),
        ("a b^-1", "a / b", "a / b"),
        ("(a²+b)÷(a−b)", "(a^2 + b) / (a - b)", "(a² + b) / (a − b)"),
        ("a/(2b)", "a / (2b)", "a / (2b)"),
        ("2a/4", "a / 2", "a / 2"),
        ("a/-b", "-a / b", "−a / b"),
        ("1/a + 1/b", "(a + b) / (ab)", "(a + b) / (ab)"),
        ("a/a", "a / a", "a / a"),
        ("2(a)(b)", "2ab", "2ab"),
        ("a^10b", "a^10b", "a¹⁰b"),
        ("A + B", "a + b", "a + b"),
    ],
)
def test_formulas_are_read_as_people_write_them_and_written_in_one_way(typed: str, written: str, shown: str) -> None:
    formula = parse_formula(typed)
    assert (formula.text(), formula.text(pretty=True)) == (written, shown)
    assert parse_formula(written) == parse_formula(shown) == formula


@pytest.mark.parametrize(
    ("typed", "problem", "place"),
    [
        ("a^2 + 3$b", "'$' means nothing here", 7),
        ("a +", "is missing", 3),
        ("", "is missing", 0),
        ("a + * b", "is missing", 4),
        ("a/2b", "needs parentheses", 3),
        ("(a+b", "is not closed", 0),
        ("a+b)", "')' is one too many", 3),
        ("q+1", "'q' is none of the inputs", 0),
        ("a^b", "a power is a whole number", 2),
        ("a^2^2", "needs parentheses", 3),
        ("a/0", "divides by 0", 1),
        ("a/(b-b)", "divides by 0", 1),
        (f"a^{DEGREE + 1}", "the degree is above", 1),
        ("a^20*b", "the degree is above", 4),
        (f"a + {COEFFICIENT + 1}b", "a coefficient is above", 4),
        ("1000*1001a", "a coefficient is above", 4),
        ("99999999a", "up to 7 digits", 0),
        ("(" * 21 + "a" + ")" * 21, "parentheses or signs are open", 21),
        ("a\x1b[31m", "means nothing here", 1),
    ],
)
def test_a_wrong_formula_is_refused_in_one_sentence_with_the_place(typed: str, problem: str, place: int) -> None:
    with pytest.raises(FormulaError) as caught:
        parse_formula(typed)
    sentence = str(caught.value)
    assert problem in sentence
    assert sentence.endswith(f"at character {place + 1}")
    assert "\n" not in sentence
    text, mark = caught.value.mark.split("\n")
    assert (text, mark) == (typed.replace("\x1b", " "), " " * place + "^")


def test_a_formula_that_is_too_long_is_refused() -> None:
    with pytest.raises(ConfigError, match=f"up to {LENGTH} characters, not 1,001"):
        parse_formula("a" + "+a" * 500)


polynomials = st.dictionaries(
    st.tuples(st.integers(0, 4), st.integers(0, 4), st.just(0)), st.integers(-50, 50), min_size=1, max_size=5
).map(Polynomial.of)


@given(polynomial=polynomials)
def test_what_is_written_is_read_as_the_same(polynomial: Polynomial) -> None:
    for text in (polynomial.text(), polynomial.text(pretty=True)):
        read = parse_formula(text)
        assert read.numerator == polynomial
        assert read.denominator.value == 1


@given(text=st.text("ab12+-*/^() ²·", max_size=14))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        formula = parse_formula(text)
    except FormulaError:
        return
    assert parse_formula(formula.text()) == formula


expressions = st.recursive(
    st.sampled_from(["a", "b", "2", "13"]),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["+", "-", "*"]), inner).map(lambda parts: f"({' '.join(parts)})"),
        inner.map(lambda part: f"-{part}"),
        inner.map(lambda part: f"({part})**2"),
    ),
    max_leaves=4,
)


@given(text=expressions)
def test_what_is_read_means_what_python_means(text: str) -> None:
    formula = parse_formula(text)
    assert formula.denominator.value == 1
    for a, b in ((3, 5), (10, 7)):
        value = sum(factor * a**i * b**j for (i, j, _), factor in formula.numerator.terms)
        # A sign goes with the whole product in both, for it has no power behind it without parentheses.
        assert value == eval(text, {"__builtins__": {}}, {"a": a, "b": b})
