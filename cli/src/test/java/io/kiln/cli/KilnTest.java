package io.kiln.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.kiln.test.Writers;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;

class KilnTest {
    @Test
    void withoutAVerbSaysThatOneIsExpected() {
        Cli run = Cli.run();
        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err()).contains("expected a verb").contains("kiln --help");
    }

    @Test
    void aMistypedVerbIsAnsweredWithTheOneThatMayBeMeant() {
        Cli run = Cli.run("wacth");
        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err()).contains("Did you mean: kiln watch");
    }

    @Test
    void anUnknownVerbIsAnsweredWithThoseThereAre() {
        Cli run = Cli.run("bake");
        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err()).contains("kiln: bake: unknown verb; expected one of demo, config");
    }

    @Test
    void aConfigurationFileThatDoesNotExistIsNamed() {
        Cli run = Cli.run("config", "--config", "none.yaml");
        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err()).contains("--config none.yaml: does not exist");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "submit traning|traning: no such job; expected masking, training or evaluation",
                "dlq show 0:0|0:0 is not a whole number",
                "dlq replay 1 x|x: unexpected argument",
                "watch --count abc|--count: abc is not a whole number",
                "probe . --folds 99999999999|--folds: 99999999999 has too many digits",
                "probe . --checkpoint v1|--checkpoint: v1 is not a whole number",
                "bench step tiny --mask-ratio much|--mask-ratio: much is not a number",
                "checkpoints list --status promotd"
                        + "|--status: promotd is not allowed; expected candidate, promoted, revoked or retired"
            })
    void aValueThatCannotBeReadIsAnsweredWithWhatIsExpected(String arguments, String message) {
        Cli run = Cli.run(arguments.split(" "));
        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err().lines()).startsWith("kiln: " + message).hasSize(2);
    }

    static Stream<CommandLine> verbs() {
        return withSubcommands(Kiln.commandLine());
    }

    private static Stream<CommandLine> withSubcommands(CommandLine command) {
        return Stream.concat(
                Stream.of(command),
                command.getSubcommands().values().stream().flatMap(KilnTest::withSubcommands));
    }

    @ParameterizedTest
    @MethodSource("verbs")
    void everyHelpListsExitCodesAndFitsATerminal(CommandLine verb) {
        String help = verb.getUsageMessage(CommandLine.Help.Ansi.OFF);
        assertThat(help).contains("Exit codes:").doesNotContain("=<", "%");
        assertThat(help.lines())
                .allSatisfy(line -> assertThat(line.length()).isLessThanOrEqualTo(80));
    }

    @ParameterizedTest
    @MethodSource("verbs")
    void everyVerbTeachesWithAnExampleThatCanBeTyped(CommandLine verb) {
        String name = verb.getCommandSpec().qualifiedName();
        List<String> footer = List.of(verb.getCommandSpec().usageMessage().footer());
        assertThat(footer).anyMatch(line -> line.contains(name));
        assertThat(verb.getUsageMessage(CommandLine.Help.Ansi.OFF).lines()).containsAll(footer);
    }

    @Test
    void anUnexpectedExceptionIsOneLineAndVerboseShowsItsTrace() {
        StringBuilder quiet = new StringBuilder();
        StringBuilder verbose = new StringBuilder();
        RuntimeException failure = new IllegalStateException("out of cheese");
        int code = Failures.report(failure, Optional.empty(), Writers.to(quiet), false);
        Failures.report(failure, Optional.empty(), Writers.to(verbose), true);
        assertThat(code).isEqualTo(1);
        assertThat(quiet.toString().lines())
                .containsExactly(
                        "kiln: unexpected IllegalStateException: out of cheese (run again with --verbose for"
                                + " the stack trace)");
        assertThat(verbose.toString()).contains("at io.kiln.cli.KilnTest");
    }
}
