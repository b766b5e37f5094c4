package io.kiln.cli;

import io.kiln.kafka.KilnJob;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.TypeConversionException;

/** Puts values that are no number, or none of a few words, in the words of the configuration. */
final class WrongValue {
    private static final Set<Class<?>> WHOLE =
            Set.of(int.class, Integer.class, long.class, Long.class);
    private static final Set<Class<?>> NUMBERS = Set.of(double.class, Double.class);

    /** The value that Avro reads symbols of later schemas as; nobody asks for it. */
    private static final String LATER = "UNKNOWN";

    private WrongValue() {}

    /** What is wrong, if it is a value. */
    static Optional<String> explain(ParameterException failure) {
        ArgSpec argument = failure.getArgSpec();
        String value = failure.getValue();
        if (argument == null
                || value == null
                || !(failure.getCause() instanceof TypeConversionException)) {
            return Optional.empty();
        }
        return explain(argument.auxiliaryTypes()[0], value)
                .map(
                        words ->
                                argument instanceof OptionSpec option
                                        ? option.longestName() + ": " + words
                                        : words);
    }

    private static Optional<String> explain(Class<?> type, String value) {
        if (WHOLE.contains(type)) {
            return Optional.of(
                    value.matches("[+-]?\\d+")
                            ? value + " has too many digits"
                            : value + " is not a whole number");
        }
        if (NUMBERS.contains(type)) {
            return Optional.of(value + " is not a number");
        }
        if (type.isEnum()) {
            return Optional.of(
                    value
                            + (type == KilnJob.class ? ": no such job" : " is not allowed")
                            + "; expected "
                            + words(type));
        }
        return Optional.empty();
    }

    private static String words(Class<?> type) {
        List<String> words =
                Arrays.stream(type.getEnumConstants())
                        .map(String::valueOf)
                        .filter(word -> !word.equals(LATER))
                        .map(word -> word.toLowerCase(Locale.ROOT))
                        .toList();
        int last = words.size() - 1;
        return String.join(", ", words.subList(0, last)) + " or " + words.get(last);
    }
}
