package io.kiln.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.kiln.ingest.IngestSummary;
import io.kiln.ingest.IngestSummary.Refused;
import io.kiln.ingest.Refusal;
import io.kiln.operations.console.Json;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** The summary of an ingest run as text or JSON. */
final class IngestListing {
    private IngestListing() {}

    /**
     * One line about what was sent, then lines about what was not. The refused have been named as
     * they came.
     */
    static String text(IngestSummary summary) {
        StringBuilder text = new StringBuilder();
        text.append(
                String.format(
                        Locale.ROOT,
                        "sent %,d images, %.1f MB in %.1f s",
                        summary.sent(),
                        summary.bytes() / 1e6,
                        summary.seconds()));
        for (Map.Entry<Refusal.Reason, Refused> entry : sorted(summary).entrySet()) {
            text.append(
                    String.format(
                            Locale.ROOT,
                            "%nrefused %,d: %s",
                            entry.getValue().count(),
                            entry.getKey().words()));
        }
        if (summary.hidden() > 0) {
            text.append(String.format(Locale.ROOT, "%nskipped %,d hidden files", summary.hidden()));
        }
        if (summary.sentBefore() > 0) {
            text.append(
                    String.format(
                            Locale.ROOT,
                            "%nskipped %,d images that this run had sent before",
                            summary.sentBefore()));
        }
        if (summary.unconfirmed() > 0) {
            text.append(
                    String.format(
                            Locale.ROOT,
                            "%n%,d images were in flight and have not been confirmed",
                            summary.unconfirmed()));
        }
        if (summary.foundNothing()) {
            text.append(String.format("%nfound no files"));
        }
        if (summary.interrupted()) {
            text.append(String.format("%ninterrupted before the end"));
        }
        return text.toString();
    }

    /** An object with the summary's fields. */
    static String json(IngestSummary summary) {
        ObjectNode object =
                Json.MAPPER
                        .createObjectNode()
                        .put("sent", summary.sent())
                        .put("bytes", summary.bytes())
                        .put("refused", summary.refusedCount())
                        .put("hidden", summary.hidden())
                        .put("sentBefore", summary.sentBefore())
                        .put("unconfirmed", summary.unconfirmed())
                        .put("interrupted", summary.interrupted())
                        .put("seconds", summary.seconds());
        ArrayNode reasons = object.putArray("refusals");
        sorted(summary)
                .forEach(
                        (reason, refused) -> {
                            ObjectNode entry =
                                    reasons.addObject()
                                            .put("reason", reason.name())
                                            .put("count", refused.count());
                            ArrayNode first = entry.putArray("first");
                            refused.first().forEach(first::add);
                        });
        return Json.pretty(object);
    }

    private static Map<Refusal.Reason, Refused> sorted(IngestSummary summary) {
        return new TreeMap<>(summary.refused());
    }
}
