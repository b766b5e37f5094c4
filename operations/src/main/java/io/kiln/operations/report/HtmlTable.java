package io.kiln.operations.report;

import java.util.List;

/** A table that scrolls sideways where it is too wide. */
final class HtmlTable {
    private final StringBuilder html = new StringBuilder("<div class=\"wide\"><table class=\"");

    /**
     * @param style a CSS class
     */
    HtmlTable(String style, List<String> headings) {
        html.append(style).append("\"><tr>");
        headings.forEach(h -> html.append("<th>").append(Html.escape(h)).append("</th>"));
        html.append("</tr>");
    }

    /** Begins a row. */
    HtmlTable row() {
        return row("");
    }

    /** Begins a row of a CSS class. */
    HtmlTable row(String style) {
        html.append(style.isEmpty() ? "<tr>" : "<tr class=\"" + style + "\">");
        return this;
    }

    /** Adds a cell of plain text. */
    HtmlTable cell(String text) {
        return markup(Html.escape(text));
    }

    /** Adds a cell of HTML. */
    HtmlTable markup(String content) {
        html.append("<td>").append(content).append("</td>");
        return this;
    }

    /** Adds a cell over several columns. */
    HtmlTable span(int columns, String text) {
        html.append("<td colspan=\"")
                .append(columns)
                .append("\">")
                .append(Html.escape(text))
                .append("</td>");
        return this;
    }

    /** The whole table. */
    String html() {
        return html + "</table></div>";
    }
}
