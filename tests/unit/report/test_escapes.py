"""Names and numbers in each format of a table for a paper."""

import pytest

from mcsim.report.escapes import FORMATS, escaped, figure

SPECIAL = "& % $ # _ { } ~ ^ \\ < > | \" ' `"


@pytest.mark.parametrize(
    ("format_", "text", "safe"),
    [
        ("csv", SPECIAL, SPECIAL),
        ("html", "a<b> & \"c\" 'd'", "a&lt;b&gt; &amp; &quot;c&quot; &#x27;d&#x27;"),
        ("markdown", "var_(Intercept)|cluster", r"var\_(Intercept)\|cluster"),
        ("markdown", "a*b`c<d>[e]~#\\", r"a\*b\`c\<d\>\[e\]\~\#" + "\\\\"),
        ("markdown", "$x^2$ {a} &lt;", r"\$x\^2\$ \{a\} \&lt;"),
        ("latex", "var_(Intercept)|cluster", r"var\_(Intercept)\textbar{}cluster"),
        ("latex", "5% & $x^2$ #1 {a} \\", r"5\% \& \$x\textasciicircum{}2\$ \#1 \{a\} \textbackslash{}"),
        ("latex", "a---b '`\"", r"a-{}-{}-b \textquotesingle{}\textasciigrave{}\texttt{\char34}"),
        ("latex", "[a] ~<>", r"{[}a{]} \textasciitilde{}\textless{}\textgreater{}"),
    ],
)
def test_special_characters_are_harmless_in_each_format(format_: str, text: str, safe: str) -> None:
    assert escaped(text, format_) == safe


@pytest.mark.parametrize("format_", ["markdown", "latex", "html"])
def test_a_name_stands_on_one_line(format_: str) -> None:
    assert escaped("a\nb\r\n c", format_) == "a b c"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("-", ["–", "--", "–", "-"]),
        ("-0.012 (0.005)", ["−0.012 (0.005)", "$-$0.012 (0.005)", "−0.012 (0.005)", "-0.012 (0.005)"]),
        ("-.5 [-1, -.2]", [r"−.5 \[−1, −.2\]", "$-$.5 {[}$-$1, $-$.2{]}", "−.5 [−1, −.2]", "-.5 [-1, -.2]"]),
        ("2.0e-07 (3e-09)", ["2.0e-07 (3e-09)"] * 4),
    ],
)
def test_a_number_has_the_minus_sign_of_its_format_and_what_does_not_exist_a_dash(text: str, shown: list[str]) -> None:
    assert [figure(text, format_) for format_ in FORMATS] == shown
