package io.kiln.cli.reference;

import io.kiln.cli.Kiln;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import picocli.CommandLine;

/** docs/reference/exit-codes.md: the exit codes of all verbs. */
final class ExitCodesPage {
    private ExitCodesPage() {}

    static String text() {
        CommandLine root = Kiln.commandLine();
        Map<String, String> common = codes(root);
        Markdown page =
                new Markdown("Exit codes")
                        .paragraph(
                                "Every verb ends with one of these codes. The message on standard error"
                                        + " states the reason of a failure.")
                        .table(
                                List.of("Code", "Meaning"),
                                common.entrySet().stream()
                                        .map(code -> List.of(code.getKey(), code.getValue()))
                                        .toList());
        page.heading(2, "Verbs with codes of their own");
        page.table(List.of("Verb", "Code", "Meaning"), own(root, common));
        return page.text();
    }

    private static List<List<String>> own(CommandLine command, Map<String, String> common) {
        List<List<String>> rows = new ArrayList<>();
        for (CommandLine verb : command.getSubcommands().values()) {
            Map<String, String> codes = codes(verb);
            if (!codes.isEmpty() && !codes.equals(common)) {
                String name = Markdown.code(verb.getCommandSpec().qualifiedName());
                codes.forEach((code, meaning) -> rows.add(List.of(name, code, meaning)));
            }
            rows.addAll(own(verb, common));
        }
        return rows;
    }

    private static Map<String, String> codes(CommandLine command) {
        return command.getCommandSpec().usageMessage().exitCodeList();
    }
}
