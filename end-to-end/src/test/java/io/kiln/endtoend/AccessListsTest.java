package io.kiln.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import io.kiln.config.KilnConfig;
import io.kiln.kafka.Grant;
import io.kiln.kafka.Part;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.resource.ResourceType;
import org.junit.jupiter.api.Test;

/** The access lists of the manual are those that the test with a real broker grants. */
class AccessListsTest {
    private static final Path PAGE = Path.of("../docs/how-to/secure.md");
    private static final String HEAD =
            "| part | topics | consumer groups | transactional ids |\n|---|---|---|---|\n";

    @Test
    void theManualListsTheGrantsOfEachPart() throws IOException {
        String page = Files.readString(PAGE);
        assertThat(page).contains(HEAD);
        List<String> rows =
                page.substring(page.indexOf(HEAD) + HEAD.length())
                        .lines()
                        .takeWhile(line -> line.startsWith("|"))
                        .map(line -> line.substring(line.indexOf('|', 1)))
                        .toList();
        assertThat(rows).isEqualTo(Stream.of(Part.values()).map(AccessListsTest::row).toList());
    }

    private static String row(Part part) {
        return Stream.of(ResourceType.TOPIC, ResourceType.GROUP, ResourceType.TRANSACTIONAL_ID)
                .map(type -> cell(part, type))
                .collect(Collectors.joining(" | ", "| ", " |"));
    }

    /** Names of resources behind the operations that they share. */
    private static String cell(Part part, ResourceType type) {
        Map<String, List<String>> names = new LinkedHashMap<>();
        for (Grant grant : part.grants(KilnConfig.defaults().topics())) {
            if (grant.type() == type) {
                String operations =
                        grant.sortedOperations().stream()
                                .map(AccessListsTest::word)
                                .collect(Collectors.joining(", "));
                names.computeIfAbsent(operations, key -> new ArrayList<>())
                        .add("`" + grant.name() + (grant.prefixed() ? "*" : "") + "`");
            }
        }
        return names.isEmpty()
                ? "–"
                : names.entrySet().stream()
                        .map(entry -> entry.getKey() + ": " + String.join(", ", entry.getValue()))
                        .collect(Collectors.joining("; "));
    }

    private static String word(AclOperation operation) {
        return Stream.of(operation.name().split("_", -1))
                .map(word -> word.charAt(0) + word.substring(1).toLowerCase(Locale.ROOT))
                .collect(Collectors.joining());
    }
}
