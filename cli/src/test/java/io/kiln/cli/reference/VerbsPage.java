package io.kiln.cli.reference;

import io.kiln.cli.Kiln;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.Help;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/** docs/reference/verbs.md: every verb with its parameters, options and examples. */
final class VerbsPage {
    private static final Set<String> COMMON = Set.of("--help", "--version", "--verbose");

    private final CommandLine root =
            Kiln.commandLine().setUsageHelpAutoWidth(false).setUsageHelpWidth(100);

    private VerbsPage() {}

    static String text() {
        VerbsPage verbs = new VerbsPage();
        Markdown page =
                new Markdown("Verbs")
                        .paragraph(
                                "Start Kiln with `./kiln VERB`. Each verb takes `--help`, which prints this"
                                        + " reference of the verb, and `--verbose`, which prints library"
                                        + " warnings and stack traces. [Exit codes](exit-codes.md) are the same"
                                        + " for all verbs unless the verb lists its own.");
        page.table(List.of("Verb", "Purpose"), verbs.overview());
        verbs.all(verbs.root).forEach(verb -> verbs.section(verb, page));
        return page.text();
    }

    /** A command and all below it, the root left out. */
    List<CommandLine> all(CommandLine command) {
        List<CommandLine> verbs = new ArrayList<>();
        for (CommandLine verb : command.getSubcommands().values()) {
            verbs.add(verb);
            verbs.addAll(all(verb));
        }
        return verbs;
    }

    private List<List<String>> overview() {
        return root.getSubcommands().values().stream()
                .map(
                        verb ->
                                List.of(
                                        "[`"
                                                + name(verb)
                                                + "`](#"
                                                + name(verb).replace(' ', '-')
                                                + ")",
                                        verb.getCommandSpec().usageMessage().description()[0]))
                .toList();
    }

    private static String name(CommandLine verb) {
        return verb.getCommandSpec().qualifiedName();
    }

    private void section(CommandLine verb, Markdown page) {
        CommandSpec spec = verb.getCommandSpec();
        page.heading(spec.parent() == root.getCommandSpec() ? 2 : 3, name(verb));
        for (String paragraph : spec.usageMessage().description()) {
            page.paragraph(paragraph);
        }
        page.code("text", new Help(spec, Help.defaultColorScheme(Help.Ansi.OFF)).synopsis(0));
        page.table(
                List.of("Parameter", "Purpose"),
                spec.positionalParameters().stream().map(VerbsPage::row).toList());
        page.table(
                List.of("Option", "Default", "Purpose"),
                spec.options().stream()
                        .filter(option -> !COMMON.contains(option.longestName()))
                        .map(VerbsPage::row)
                        .toList());
        String[] examples = spec.usageMessage().footer();
        page.paragraph(examples.length > 1 ? "Examples:" : "Example:");
        page.code(
                "bash",
                Arrays.stream(examples)
                        .map(example -> example.replaceFirst("^ {2}", ""))
                        .collect(Collectors.joining("\n")));
    }

    private static List<String> row(PositionalParamSpec parameter) {
        return List.of(Markdown.code(parameter.paramLabel()), description(parameter));
    }

    private static List<String> row(OptionSpec option) {
        String names = String.join("`, `", option.names());
        String label = option.arity().max() > 0 ? " " + option.paramLabel() : "";
        String fallback = option.defaultValue() == null ? "" : option.defaultValue();
        String required = option.required() && option.group() == null ? "Required: " : "";
        return List.of(
                "`" + names + label + "`", Markdown.code(fallback), required + description(option));
    }

    /** The description without the default, which has a column of its own. */
    private static String description(ArgSpec argument) {
        return String.join(" ", argument.description()).replaceFirst(" \\(default: [^)]*\\)$", "");
    }
}
