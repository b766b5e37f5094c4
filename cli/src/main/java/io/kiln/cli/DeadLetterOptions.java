package io.kiln.cli;

import io.kiln.config.ConfigException;
import io.kiln.operations.deadletters.DeadLetterFilter;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options that select dead letters. */
final class DeadLetterOptions {
    private static final Pattern AGE = Pattern.compile("(\\d{1,6})([smhd])");

    @Option(
            names = "--reason",
            paramLabel = "REASON",
            description = "only dead letters with this reason, such as TRUNCATED; may be repeated")
    private Set<String> reasons = new HashSet<>();

    @Option(
            names = "--source",
            paramLabel = "TEXT",
            defaultValue = "",
            description = "only dead letters whose image source contains this text")
    private String source = "";

    @Option(
            names = "--since",
            paramLabel = "TIME",
            description =
                    "only dead letters since this time, such as 2026-01-31T08:00:00Z, or an age such as 90m or 2d")
    private @Nullable String since;

    @Option(
            names = "--until",
            paramLabel = "TIME",
            description = "only dead letters before this time; same formats as --since")
    private @Nullable String until;

    /**
     * @param offsets offsets in the dead-letter topic; empty for any
     * @throws ConfigException if an option is wrong
     */
    DeadLetterFilter filter(Set<Long> offsets) {
        Set<String> names = new HashSet<>();
        reasons.forEach(reason -> names.add(reason.toUpperCase(Locale.ROOT)));
        Instant from = time("--since", since, Instant.MIN);
        Instant to = time("--until", until, Instant.MAX);
        try {
            return new DeadLetterFilter(offsets, names, from, to, source);
        } catch (IllegalArgumentException e) {
            throw new ConfigException(String.valueOf(e.getMessage()));
        }
    }

    private static Instant time(String option, @Nullable String text, Instant fallback) {
        if (text == null) {
            return fallback;
        }
        Matcher age = AGE.matcher(text);
        if (age.matches()) {
            long amount = Long.parseLong(age.group(1));
            return Instant.now()
                    .minus(
                            switch (age.group(2)) {
                                case "s" -> Duration.ofSeconds(amount);
                                case "m" -> Duration.ofMinutes(amount);
                                case "h" -> Duration.ofHours(amount);
                                default -> Duration.ofDays(amount);
                            });
        }
        try {
            return Instant.parse(text);
        } catch (DateTimeException e) {
            throw new ConfigException(
                    option
                            + " "
                            + text
                            + ": expected a time such as 2026-01-31T08:00:00Z, or an age such as"
                            + " 90s, 15m, 2h, 7d");
        }
    }
}
