package io.kiln.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.kiln.operations.console.Json;
import io.kiln.operations.deadletters.DeadLetterRecord;
import io.kiln.operations.deadletters.Replay;
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

    /** A line a letter, then a line of sums. */
    static String text(List<DeadLetterRecord> letters) {
        Table table = new Table("OFFSET", "TIME", "REASON", "SOURCE", "DETAIL");
        for (DeadLetterRecord letter : letters) {
            table.add(
                    Long.toString(letter.offset()),
                    TIME.format(letter.time()),
                    letter.reason() + (letter.replayed() ? ", replayed" : ""),
                    letter.source().isEmpty() ? letter.origin() : letter.source(),
                    letter.detail());
        }
        return (letters.isEmpty() ? "" : table.toString()) + sums(letters);
    }

    private static String sums(List<DeadLetterRecord> letters) {
        if (letters.isEmpty()) {
            return "no dead letters";
        }
        Map<String, Long> byReason =
                letters.stream()
                        .collect(
                                Collectors.groupingBy(
                                        DeadLetterRecord::reason,
                                        TreeMap::new,
                                        Collectors.counting()));
        return String.format(Locale.ROOT, "%,d dead letters: ", letters.size())
                + byReason.entrySet().stream()
                        .map(e -> String.format(Locale.ROOT, "%,d %s", e.getValue(), e.getKey()))
                        .collect(Collectors.joining(", "));
    }

    /** All about one, a line a fact. */
    static String details(DeadLetterRecord letter) {
        Table table = new Table("offset", Long.toString(letter.offset()));
        table.add("time", letter.time().toString());
        table.add("reason", letter.reason());
        table.add("detail", letter.detail());
        table.add("record", letter.origin());
        table.add("source", letter.source().isEmpty() ? "unknown" : letter.source());
        table.add("image id", letter.imageId().isEmpty() ? "unknown" : letter.imageId());
        table.add(
                "bytes",
                letter.omittedBytes() > 0
                        ? letter.omittedBytes() + ", too many to be kept here"
                        : Integer.toString(letter.bytes()));
        table.add("replayed", letter.replayed() ? "yes" : "no");
        return table.toString().stripTrailing();
    }

    static String json(DeadLetterRecord letter) {
        return node(letter).toString();
    }

    static String text(Replay.Result result, boolean dryRun) {
        StringBuilder text = new StringBuilder();
        result.kept()
                .forEach(
                        kept ->
                                text.append(
                                        String.format(
                                                Locale.ROOT,
                                                "cannot be sent: %d, %s%n",
                                                kept.letter().offset(),
                                                kept.reason())));
        return text.append(
                        String.format(
                                Locale.ROOT,
                                "%s %,d dead letters",
                                dryRun ? "would send" : "sent",
                                result.sent().size()))
                .toString();
    }

    static String json(Replay.Result result, boolean dryRun) {
        ObjectNode object = Json.MAPPER.createObjectNode().put("dryRun", dryRun);
        object.put("sent", result.sent().size());
        ArrayNode offsets = object.putArray("offsets");
        result.sent().forEach(letter -> offsets.add(letter.offset()));
        ArrayNode kept = object.putArray("kept");
        result.kept()
                .forEach(
                        one ->
                                kept.addObject()
                                        .put("offset", one.letter().offset())
                                        .put("reason", one.reason()));
        return Json.pretty(object);
    }

    private static ObjectNode node(DeadLetterRecord letter) {
        return Json.MAPPER
                .createObjectNode()
                .put("offset", letter.offset())
                .put("time", letter.time().toString())
                .put("reason", letter.reason())
                .put("detail", letter.detail())
                .put("topic", letter.topic())
                .put("partition", letter.partition())
                .put("position", letter.position())
                .put("source", letter.source())
                .put("imageId", letter.imageId())
                .put("bytes", letter.bytes())
                .put("omittedBytes", letter.omittedBytes())
                .put("replayed", letter.replayed());
    }
}
