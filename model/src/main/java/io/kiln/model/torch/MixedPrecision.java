package io.kiln.model.torch;

import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Mixed precision: activations and their gradients in bfloat16; weights, their gradients, the
 * statistics of norms and the loss in float32. Each operator that is marked as matrix work gets a
 * twin in bfloat16, written here. The twin converts the arrays it is given, calls the operator and
 * converts the gradients of weights to float32. What has another algorithm in bfloat16 has a twin
 * in the source, by the name {@code bf16_} and its own. All other operators take both formats.
 */
final class MixedPrecision {
    private static final Pattern MARKED =
            Pattern.compile(
                    "(?m)^# matrix work\\Rdef (\\w+)\\(self, (.*)\\) -> (Tensor|List\\[Tensor\\]):$");

    private static final Pattern WRITTEN = Pattern.compile("(?m)^def bf16_(\\w+)\\(");

    /** Names of the arrays that are converted; others are index tables. */
    private static final Set<String> CONVERTED = Set.of("x", "w", "b", "dy");

    /** Codes of torch's ScalarType. */
    private static final int FLOAT = 6;

    private static final int BFLOAT16 = 15;

    private final Map<String, String> twins = new LinkedHashMap<>();
    private final Set<String> written = new HashSet<>();

    private MixedPrecision() {}

    /** Twins of the operators that are marked in the source. */
    static MixedPrecision of(String methods) {
        MixedPrecision mixed = new MixedPrecision();
        Matcher marked = MARKED.matcher(methods);
        while (marked.find()) {
            mixed.twins.put(
                    marked.group(1), twin(marked.group(1), marked.group(2), marked.group(3)));
        }
        WRITTEN.matcher(methods).results().forEach(found -> mixed.written.add(found.group(1)));
        return mixed;
    }

    /** The first result is an activation or its gradient, further ones are gradients of weights. */
    private static String twin(String operator, String parameters, String result) {
        String arguments =
                Arrays.stream(parameters.split(", "))
                        .map(MixedPrecision::argument)
                        .collect(Collectors.joining(", "));
        String call = "self." + operator + "(" + arguments + ")";
        String signature =
                String.format("def %s(self, %s) -> %s:%n", name(operator), parameters, result);
        if (result.equals("Tensor")) {
            return signature + String.format("  return %s%n", call);
        }
        return signature
                + String.format("  all = %s%n", call)
                + String.format("  results = [all[0]]%n")
                + String.format("  for i in range(torch.sub(torch.len(all), 1)):%n")
                + String.format(
                        "    added = torch.append(results, %s)%n",
                        to("all[torch.add(i, 1)]", FLOAT))
                + String.format("  return results%n");
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

    /** Source of the twins that are written here. */
    String twins() {
        return String.join("", twins.values());
    }

    /** The twin of an operator; the operator itself if it has none. */
    String twinOf(String operator) {
        return twins.containsKey(operator) || written.contains(operator)
                ? name(operator)
                : operator;
    }
}
