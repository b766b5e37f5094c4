package io.kiln.config;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;

/** Reads YAML text with overrides. Tells mistakes of the text from those of overrides. */
final class OverriddenYaml {
    private OverriddenYaml() {}

    /**
     * Reads a configuration.
     *
     * @param heading of the mistakes of the text, such as the name of its file; may be empty
     * @throws ConfigException if the text is not YAML or any key is wrong
     */
    static KilnConfig read(String yaml, String heading, List<String> overrides) {
        ObjectNode text = sections(yaml, heading);
        ObjectNode tree = text.deepCopy();
        overrides.forEach(override -> KeyOverride.apply(override, tree));
        try {
            return ConfigBinder.bind(tree, KilnConfig.class);
        } catch (ConfigException e) {
            throw ConfigException.of(problems(text, tree, heading, overrides));
        }
    }

    /** Those that overrides make come first, each under its own name. */
    private static List<String> problems(
            ObjectNode text, ObjectNode tree, String heading, List<String> overrides) {
        List<String> problems = ConfigBinder.problems(tree, KilnConfig.class);
        List<String> ofText = ConfigBinder.problems(text, KilnConfig.class);
        ofText.retainAll(problems);
        problems.removeAll(ofText);
        List<String> lines = new ArrayList<>();
        problems.forEach(problem -> lines.add(named(problem, overrides)));
        if (!ofText.isEmpty()) {
            lines.add(heading + String.join(System.lineSeparator(), ofText));
        }
        return lines;
    }

    private static ObjectNode sections(String yaml, String heading) {
        try {
            return YamlText.sections(yaml);
        } catch (ConfigException e) {
            throw new ConfigException(heading + e.getMessage());
        }
    }

    /** A mistake that the text alone does not make; only an override of its key is named. */
    private static String named(String problem, List<String> overrides) {
        String key = problem.substring(0, Math.max(0, problem.indexOf(':')));
        boolean overridden =
                overrides.stream().map(KeyOverride::key).anyMatch(k -> isWithin(k, key));
        return overridden ? "--set " + problem : problem;
    }

    private static boolean isWithin(String one, String other) {
        return (one + ".").startsWith(other + ".") || (other + ".").startsWith(one + ".");
    }
}
