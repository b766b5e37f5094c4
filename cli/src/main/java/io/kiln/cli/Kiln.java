package io.kiln.cli;

import io.kiln.operations.console.Logging;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** The {@code kiln} command: parses the arguments, runs a verb and reports failures. */
@Command(
        name = "kiln",
        versionProvider = Kiln.Version.class,
        mixinStandardHelpOptions = true,
        scope = ScopeType.INHERIT,
        usageHelpAutoWidth = true,
        synopsisSubcommandLabel = "VERB",
        description = "Pretrains convolutional networks on an endless stream of images.",
        commandListHeading = "%nVerbs:%n",
        optionListHeading = "%nOptions:%n",
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:success",
            "1:failure; the message states the reason",
            "2:wrong usage or an invalid configuration",
            "141:the reader of standard output closed it, as head does"
        },
        footerHeading = "%nStart with:%n",
        footer = {
            "  kiln demo            run the whole pipeline on this machine, in about a minute",
            "  kiln VERB --help     show what a verb does, with an example"
        },
        subcommands = {
            DemoCommand.class,
            ConfigCommand.class,
            TopicsCommand.class,
            IngestCommand.class,
            SubmitCommand.class,
            StopCommand.class,
            UpgradeCommand.class,
            SavepointsCommand.class,
            StatusCommand.class,
            ReportCommand.class,
            WatchCommand.class,
            CheckpointsCommand.class,
            AuditCommand.class,
            DlqCommand.class,
            ClusterCommand.class,
            DoctorCommand.class,
            GoldenCommand.class,
            BenchCommand.class,
            ModelCommand.class,
            ProbeCommand.class
        })
public final class Kiln implements Runnable {
    @Spec private CommandSpec spec;

    @Option(
            names = {"-v", "--verbose"},
            scope = ScopeType.INHERIT,
            description = "print library warnings and stack traces")
    private boolean verbose;

    private Kiln() {}

    /** The version that the build wrote into the jar. */
    static final class Version implements CommandLine.IVersionProvider {
        @Override
        public String[] getVersion() {
            String version = Kiln.class.getPackage().getImplementationVersion();
            return new String[] {"kiln " + (version == null ? "development" : version)};
        }
    }

    /** Runs one verb and ends the process with its exit code. */
    public static void main(String[] args) {
        System.setProperty("java.awt.headless", "true");
        StandardOutput output = new StandardOutput(new FileOutputStream(FileDescriptor.out));
        CommandLine command = commandLine().setOut(output.writer());
        int code = command.execute(args);
        command.getOut().flush();
        System.exit(output.exitCode(code, command.getErr()));
    }

    /** The command with its verbs, ready to execute. */
    public static CommandLine commandLine() {
        Kiln kiln = new Kiln();
        return new CommandLine(kiln)
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setExecutionStrategy(kiln::execute)
                .setExecutionExceptionHandler(
                        (e, command, parsed) ->
                                Failures.report(
                                        e,
                                        ConfigOptions.loaded(command.getCommandSpec()),
                                        command.getErr(),
                                        kiln.verbose))
                .setParameterExceptionHandler(Failures::wrongUse);
    }

    private int execute(ParseResult parsed) {
        Logging.toStandardError(verbose);
        return new CommandLine.RunLast().execute(parsed);
    }

    /** Without a verb there is nothing to do. */
    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "expected a verb");
    }
}
