"""Rows as HTML."""

from mcsim.markup import ROWS, html_paragraphs, html_section, html_table


def test_texts_are_harmless_wherever_they_stand():
    html = html_section("<b>&", html_table(["<h>"], [["<c> & 'd'"]]), html_paragraphs("a < b\nc\n\n\nd"))
    assert html.startswith("<h4>&lt;b&gt;&amp;</h4><table>")
    assert "&lt;h&gt;</th>" in html
    assert "&lt;c&gt; &amp; &#x27;d&#x27;</td>" in html
    assert html.endswith("<p>a &lt; b c</p><p>d</p>")


def test_a_table_without_names_has_no_header_row():
    assert "<thead>" not in html_table((), [["seed", 1]])


def test_a_long_table_is_cut_and_says_how_many_rows_there_are():
    rows = [[number] for number in range(ROWS + 1)]
    html = html_table(["number"], rows)
    assert html.count("<td") == ROWS
    assert html.endswith(f"<p>Shown: {ROWS} of {ROWS + 1} rows.</p>")
    assert "Shown" not in html_table(["number"], rows[:ROWS])
    assert html_table(["number"], rows[:ROWS], total=1234).endswith(f"{ROWS} of 1,234 rows.</p>")
