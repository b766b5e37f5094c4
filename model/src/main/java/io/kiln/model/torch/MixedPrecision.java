package io.kiln.model.torch;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Mixed precision as torch.autocast does it: matrix work in bfloat16, all else in float32. For each
 * operator that is marked as matrix work it writes a twin, which converts the arrays it is given,
 * calls the operator and converts the results back. So kernels know nothing of it.
 */
final class MixedPrecision {
    private static final Pattern MARKED =
            Pattern.compile(
                    "(?m)^# matrix work\\Rdef (\\w+)\\(self, (.*)\\) -> (Tensor|List\\[Tensor\\]):$");

    /** Names of the arrays that are converted; others are index tables. */
    private static final Set<String> CONVERTED = Set.of("x", "w", "b", "dy");

    /** Codes of torch's ScalarType. */
    private static final int FLOAT = 6;

    private static final int BFLOAT16 = 15;

    private final Map<String, String> twins = new LinkedHashMap<>();

    private MixedPrecision() {}

    /** Twins of the operators that are marked in the source. */
    static MixedPrecision of(String methods) {
        MixedPrecision mixed = new MixedPrecision();
        Matcher marked = MARKED.matcher(methods);
        while (marked.find()) {
            mixed.twins.put(
                    marked.group(1), twin(marked.group(1), marked.group(2), marked.group(3)));
        }
        return mixed;
    }

    private static String twin(String operator, String parameters, String result) {
        String arguments =
                Arrays.stream(parameters.split(", "))
                        .map(MixedPrecision::argument)
                        .collect(Collectors.joining(", "));
        String call = "self." + operator + "(" + arguments + ")";
        String back =
                result.equals("Tensor")
                        ? to(call, FLOAT)
                        : "[" + to("v", FLOAT) + " for v in " + call + "]";
        return String.format(
                "def %s(self, %s) -> %s:%n  return %s%n", name(operator), parameters, result, back);
    }

    private static String argument(String parameter) {
        String name = parameter.substring(0, parameter.indexOf(':'));
        return CONVERTED.contains(name) ? to(name, BFLOAT16) : name;
    }

    private static String to(String array, int type) {
        return "torch.to(" + array + ", " + type + ", False, False, None)";
    }

    private static String name(String operator) {
        return "bf16_" + operator;
    }

    /** Source of all twins. */
    String twins() {
        return String.join("", twins.values());
    }

    /** The twin of an operator; the operator itself if it has none. */
    String twinOf(String operator) {
        return twins.containsKey(operator) ? name(operator) : operator;
    }
}
