package io.kiln.operations.report;

import io.kiln.operations.deadletters.DeadLetterRecord;
import java.util.List;

/** The images that could not be used. */
final class DeadLetterTable {
    private static final int MOST = 100;

    private DeadLetterTable() {}

    static String of(List<DeadLetterRecord> letters) {
        if (letters.isEmpty()) {
            return "<p class=\"quiet\">None: every image could be used.</p>";
        }
        HtmlTable table = new HtmlTable("texts", List.of("image", "reason", "in words"));
        for (DeadLetterRecord letter : letters.subList(0, Math.min(letters.size(), MOST))) {
            table.row()
                    .markup(
                            "<code title=\""
                                    + Html.escape(letter.source())
                                    + "\">"
                                    + Html.escape(letter.name())
                                    + "</code>")
                    .cell(letter.reason())
                    .cell(letter.detail());
        }
        int left = letters.size() - MOST;
        return table.html() + (left <= 0 ? "" : "<p class=\"quiet\">and " + left + " more</p>");
    }
}
