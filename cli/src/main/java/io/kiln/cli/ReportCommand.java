package io.kiln.cli;

import io.kiln.config.KilnConfig;
import io.kiln.operations.AtomicFile;
import io.kiln.operations.Folders;
import io.kiln.operations.OperationException;
import io.kiln.operations.checkpoints.RunName;
import io.kiln.operations.console.Interruption;
import io.kiln.operations.mlflow.MlflowRuns;
import io.kiln.operations.report.DeploymentReport;
import io.kiln.operations.report.ReportServer;
import io.kiln.operations.report.RunHistories;
import io.kiln.operations.report.RunHistory;
import io.kiln.operations.report.RunReading;
import io.kiln.operations.tensorboard.TensorBoardRuns;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.common.errors.InterruptException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code kiln report}: runs of a deployment as a page. */
@Command(
        name = "report",
        description = {
            "Writes the history of runs as one self-contained HTML page: losses, throughput,"
                    + " events, interruptions, reconstructions, configuration.",
            "Reads the topics and the artifact store, and writes nothing there."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  kiln report --config kiln.yaml --out report.html",
            "  kiln report --config kiln.yaml --run run-1 --run run-2   side by side",
            "  kiln report --config kiln.yaml --serve                   until Ctrl-C",
            "  kiln report --config kiln.yaml --tensorboard logs && tensorboard --logdir logs"
        })
final class ReportCommand implements Runnable {
    private static final int MOST_RUNS = 6;
    private static final int REFRESH_SECONDS = 15;
    private static final Duration SHUTDOWN_TIMEOUT = Duration.ofSeconds(15);

    @Spec private CommandSpec spec;
    @Mixin private ConfigOptions config;

    @Option(
            names = "--run",
            paramLabel = "[MODEL/]RUN",
            description =
                    "run to report; may be repeated, at most six (default: training.runId of"
                            + " model.name)")
    private List<String> runs = List.of();

    @Option(
            names = "--out",
            paramLabel = "FILE",
            description =
                    "file to write (default: report.html, unless --serve, --tensorboard or --mlflow is given)")
    private @Nullable Path out;

    @Option(
            names = "--tensorboard",
            paramLabel = "DIR",
            description =
                    "write TensorBoard event files to DIR/MODEL/RUN; an earlier export of the run"
                            + " is replaced")
    private @Nullable Path tensorboard;

    @Option(
            names = "--mlflow",
            paramLabel = "URL",
            description =
                    "write the runs to this MLflow tracking server; an earlier export of a run is"
                            + " replaced")
    private @Nullable URI mlflow;

    @Option(
            names = "--serve",
            description =
                    "serve the page to this machine only, rebuilt for each request, until Ctrl-C")
    private boolean serve;

    @Option(
            names = "--port",
            paramLabel = "PORT",
            defaultValue = "8090",
            description = "port of --serve; 0 for a free one (default: ${DEFAULT-VALUE})")
    private int port;

    @Override
    public void run() {
        if (port < 0 || port > 65535) {
            throw wrong("--port: " + port + " is not allowed; expected 0 to 65535");
        }
        if (mlflow != null && !String.valueOf(mlflow.getScheme()).matches("https?")) {
            throw wrong("--mlflow: " + mlflow + " is not allowed; expected http://HOST:PORT");
        }
        KilnConfig kiln = config.load();
        List<RunName> names = names(kiln);
        try {
            Interruption.onShutdown(SHUTDOWN_TIMEOUT, () -> report(kiln, names));
        } catch (InterruptException e) {
            Thread.interrupted(); // Ctrl-C is how serving ends
        }
    }

    private boolean report(KilnConfig kiln, List<RunName> names) {
        try (Copies copies = Copies.create();
                RunHistories histories = new RunHistories(kiln, names, copies.folder())) {
            RunReading reading = histories.read();
            if (out != null || !(serve || tensorboard != null || mlflow != null)) {
                write(out == null ? Path.of("report.html") : out, kiln, reading);
            }
            if (tensorboard != null) {
                for (RunHistory run : reading.runs()) {
                    print("events  " + TensorBoardRuns.write(tensorboard, run));
                }
            }
            if (mlflow != null) {
                MlflowRuns server = new MlflowRuns(mlflow, System.getenv());
                reading.runs().forEach(run -> print("MLflow  " + server.write(run)));
            }
            if (serve) {
                serve(kiln, histories);
            }
            return true;
        } catch (IOException e) {
            throw new OperationException("the report cannot be written: " + e.getMessage(), e);
        }
    }

    private List<RunName> names(KilnConfig kiln) {
        Set<RunName> names = new LinkedHashSet<>();
        for (String run : runs) {
            int slash = run.indexOf('/');
            String model = slash < 0 ? kiln.model().name() : run.substring(0, slash);
            names.add(new RunName(model, run.substring(slash + 1)));
        }
        if (names.size() > MOST_RUNS) {
            throw wrong("--run: " + names.size() + " runs; expected at most " + MOST_RUNS);
        }
        return names.isEmpty() ? List.of(RunName.of(kiln)) : List.copyOf(names);
    }

    private ParameterException wrong(String message) {
        return new ParameterException(spec.commandLine(), message);
    }

    private void write(Path file, KilnConfig kiln, RunReading reading) throws IOException {
        AtomicFile.write(
                file.toAbsolutePath(), DeploymentReport.html(kiln, reading, Instant.now(), 0));
        print("report  " + file);
    }

    private void serve(KilnConfig kiln, RunHistories histories) {
        try (ReportServer server =
                ReportServer.start(
                        port,
                        () ->
                                DeploymentReport.html(
                                        kiln, histories.read(), Instant.now(), REFRESH_SECONDS))) {
            print("report  " + server.address() + "   until Ctrl-C");
            new CountDownLatch(1).await();
        } catch (InterruptedException e) {
            // Ctrl-C is how serving ends.
        }
    }

    private void print(String line) {
        PrintWriter terminal = spec.commandLine().getOut();
        terminal.println(line);
        terminal.flush();
    }

    /** A folder for copies of the files that the page shows, which goes with the command. */
    private record Copies(Path folder) implements AutoCloseable {
        static Copies create() throws IOException {
            return new Copies(Files.createTempDirectory("kiln-report"));
        }

        @Override
        public void close() throws IOException {
            Folders.delete(folder);
        }
    }
}
