package io.kiln.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class IdentifiersTest {
    /** Of what names may hold, and what joins and escapes them. */
    private static final List<String> SYLLABLES =
            List.of("", "a", "-", ":", "%", "%3A", "%25", "::", "a:b", "3A", "ü");

    @Test
    void namesOfUsualLettersAreReadable() {
        assertThat(Identifiers.of("kiln-trainer", "resnet50", "run-1_a.b"))
                .isEqualTo("kiln-trainer:resnet50:run-1_a.b");
        assertThat(Identifiers.of("kiln-masker")).isEqualTo("kiln-masker");
    }

    /** Model a-b with run c and model a with run b-c fenced each other. */
    @Test
    void namesThatJoinToTheSameTextAreToldApart() {
        assertThat(Identifiers.of("k", "a-b", "c")).isNotEqualTo(Identifiers.of("k", "a", "b-c"));
        assertThat(Identifiers.of("k", "a:b", "c")).isNotEqualTo(Identifiers.of("k", "a", "b:c"));
        assertThat(Identifiers.of("k", "a%3Ab")).isNotEqualTo(Identifiers.of("k", "a:b"));
        assertThat(Identifiers.of("k", "a", "")).isNotEqualTo(Identifiers.of("k", "a"));
    }

    @Test
    void noTwoListsOfNamesShareAnIdentifier() {
        Map<String, List<String>> made = new HashMap<>();
        for (List<String> names : lists(3)) {
            List<String> other =
                    made.put(Identifiers.of("kind", names.toArray(String[]::new)), names);
            assertThat(other).as("has the identifier of %s", names).isNull();
        }
        assertThat(made).hasSize(IntStream.of(1, 11, 121, 1331).sum());
    }

    /** All lists of at most so many syllables. */
    private static List<List<String>> lists(int length) {
        List<List<String>> lists = new ArrayList<>(List.of(List.of()));
        List<List<String>> longest = List.copyOf(lists);
        for (int i = 0; i < length; i++) {
            List<List<String>> longer = new ArrayList<>();
            for (List<String> list : longest) {
                for (String syllable : SYLLABLES) {
                    List<String> names = new ArrayList<>(list);
                    names.add(syllable);
                    longer.add(names);
                }
            }
            lists.addAll(longer);
            longest = longer;
        }
        return lists;
    }
}
