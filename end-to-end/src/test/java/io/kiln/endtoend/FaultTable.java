package io.kiln.endtoend;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** A Markdown table of scenarios and their outcomes. */
final class FaultTable {
    /**
     * The outcome of one run of a scenario.
     *
     * @param lost number of lost batches or versions
     * @param duplicated number of duplicated steps, batches or versions
     * @param equal whether weights and records equal those of the undisturbed run
     * @param seconds from the fault to the end of the first checkpoint that starts after it
     */
    record Outcome(long lost, long duplicated, boolean equal, double seconds) {}

    private final Map<String, List<Outcome>> outcomes = new LinkedHashMap<>();

    void add(String scenario, Outcome outcome) {
        outcomes.computeIfAbsent(scenario, s -> new ArrayList<>()).add(outcome);
    }

    boolean isEmpty() {
        return outcomes.isEmpty();
    }

    String markdown() {
        StringBuilder text =
                new StringBuilder(
                        """
                        | fault | runs | lost | duplicated | equal | seconds to the first new checkpoint |
                        |---|---|---|---|---|---|
                        """);
        outcomes.forEach(
                (scenario, runs) ->
                        text.append(
                                String.format(
                                        Locale.ROOT,
                                        "| %s | %d | %d | %d | %d of %d | %s |%n",
                                        scenario,
                                        runs.size(),
                                        runs.stream().mapToLong(Outcome::lost).sum(),
                                        runs.stream().mapToLong(Outcome::duplicated).sum(),
                                        runs.stream().filter(Outcome::equal).count(),
                                        runs.size(),
                                        runs.stream()
                                                .map(
                                                        r ->
                                                                String.format(
                                                                        Locale.ROOT,
                                                                        "%.1f",
                                                                        r.seconds()))
                                                .collect(Collectors.joining(", ")))));
        return text.toString();
    }
}
