package io.kiln.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.kiln.operations.console.Json;
import io.kiln.operations.console.Printable;
import io.kiln.operations.deadletters.DeadLetterRecord;
import io.kiln.operations.deadletters.DeadLetterReplay;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Dead letters as text or JSON. */
final class DeadLetterListing {
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss").withZone(ZoneId.systemDefault());

    private DeadLetterListing() {}

    /** One line per dead letter, then the totals by reason. */
    static String text(List<DeadLetterRecord> deadLetters) {
        Table table = new Table("OFFSET", "TIME", "REASON", "SOURCE", "DETAIL");
        for (DeadLetterRecord deadLetter : deadLetters) {
            table.add(
                    Long.toString(deadLetter.offset()),
                    TIME.format(deadLetter.time()),
                    deadLetter.reason() + (deadLetter.replayed() ? ", replayed" : ""),
                    deadLetter.source().isEmpty() ? deadLetter.origin() : deadLetter.source(),
                    deadLetter.detail());
        }
        return (deadLetters.isEmpty() ? "" : table.toString()) + totals(deadLetters);
    }

    private static String totals(List<DeadLetterRecord> deadLetters) {
        if (deadLetters.isEmpty()) {
            return "no dead letters";
        }
        Map<String, Long> byReason =
                deadLetters.stream()
                        .collect(
                                Collectors.groupingBy(
                                        DeadLetterRecord::reason,
                                        TreeMap::new,
                                        Collectors.counting()));
        return String.format(Locale.ROOT, "%,d dead letters: ", deadLetters.size())
                + byReason.entrySet().stream()
                        .map(
                                e ->
                                        String.format(
                                                Locale.ROOT,
                                                "%,d %s",
                                                e.getValue(),
                                                Printable.line(e.getKey())))
                        .collect(Collectors.joining(", "));
    }

    /** Everything known about one dead letter, one line per property. */
    static String details(DeadLetterRecord deadLetter) {
        Table table = new Table("offset", Long.toString(deadLetter.offset()));
        table.add("time", deadLetter.time().toString());
        table.add("reason", deadLetter.reason());
        table.add("detail", deadLetter.detail());
        table.add("record", deadLetter.origin());
        table.add("source", deadLetter.source().isEmpty() ? "unknown" : deadLetter.source());
        table.add("image id", deadLetter.imageId().isEmpty() ? "unknown" : deadLetter.imageId());
        table.add(
                "bytes",
                deadLetter.omittedBytes() > 0
                        ? deadLetter.omittedBytes() + ", too large to be kept here"
                        : Integer.toString(deadLetter.bytes()));
        table.add("replayed", deadLetter.replayed() ? "yes" : "no");
        return table.toString().stripTrailing();
    }

    static String json(DeadLetterRecord deadLetter) {
        return Printable.line(node(deadLetter).toString());
    }

    static String text(DeadLetterReplay.Result result, boolean dryRun) {
        StringBuilder text = new StringBuilder();
        result.kept()
                .forEach(
                        kept ->
                                text.append(
                                        String.format(
                                                Locale.ROOT,
                                                "cannot be sent: %d, %s%n",
                                                kept.deadLetter().offset(),
                                                Printable.line(kept.reason()))));
        return text.append(
                        String.format(
                                Locale.ROOT,
                                "%s %,d dead letters",
                                dryRun ? "would send" : "sent",
                                result.sent().size()))
                .toString();
    }

    static String json(DeadLetterReplay.Result result, boolean dryRun) {
        ObjectNode object = Json.MAPPER.createObjectNode().put("dryRun", dryRun);
        object.put("sent", result.sent().size());
        ArrayNode offsets = object.putArray("offsets");
        result.sent().forEach(deadLetter -> offsets.add(deadLetter.offset()));
        ArrayNode kept = object.putArray("kept");
        result.kept()
                .forEach(
                        one ->
                                kept.addObject()
                                        .put("offset", one.deadLetter().offset())
                                        .put("reason", one.reason()));
        return Json.pretty(object);
    }

    private static ObjectNode node(DeadLetterRecord deadLetter) {
        return Json.MAPPER
                .createObjectNode()
                .put("offset", deadLetter.offset())
                .put("time", deadLetter.time().toString())
                .put("reason", deadLetter.reason())
                .put("detail", deadLetter.detail())
                .put("topic", deadLetter.topic())
                .put("partition", deadLetter.partition())
                .put("position", deadLetter.position())
                .put("source", deadLetter.source())
                .put("imageId", deadLetter.imageId())
                .put("bytes", deadLetter.bytes())
                .put("omittedBytes", deadLetter.omittedBytes())
                .put("replayed", deadLetter.replayed());
    }
}
