package io.kiln.cli;

import io.kiln.demo.Demo;
import io.kiln.demo.DemoOptions;
import io.kiln.operations.console.Terminal;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code kiln demo}: runs the whole pipeline on this machine. */
@Command(
        name = "demo",
        description = {
            "Runs the whole pipeline on this machine.",
            "Starts a Kafka broker, a schema registry and Flink with its web interface. Sends a"
                    + " stream of images through the masking and training jobs. Publishes"
                    + " checkpoint events of a small network, evaluates it on held-out images and"
                    + " writes a report. Stops every process it started.",
            "Ctrl-C ends it early. Its servers' data are kept, and --resume continues from there."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  kiln demo                                    with generated images",
            "  kiln demo --images ~/Pictures --steps 1000   with your images",
            "  kiln demo --resume                           continue after Ctrl-C or a crash",
            "  kiln demo --keep-running                     keep training until Ctrl-C",
            "  kiln demo --size 96 --set masking.maskRatio=0.75",
            "  kiln demo --set model.architecture=resnet18  with a published network",
            "  kiln demo --set evaluation.holdoutShare=0    without evaluation"
        })
final class DemoCommand implements Runnable {
    @Spec private CommandSpec spec;

    @Option(
            names = "--images",
            paramLabel = "DIR",
            description =
                    "folder or archive of images, sent repeatedly; without it, the demo generates"
                            + " images")
    private @Nullable Path images;

    @Option(
            names = "--steps",
            paramLabel = "N",
            defaultValue = "200",
            description = "number of training steps (default: ${DEFAULT-VALUE})")
    private int steps;

    @Option(
            names = "--size",
            paramLabel = "PX",
            defaultValue = "64",
            description =
                    "height and width of the network's input in pixels, a multiple of 32 from 64 to 512 (default: ${DEFAULT-VALUE})")
    private int size;

    @Option(
            names = "--work-dir",
            paramLabel = "DIR",
            defaultValue = "kiln-demo",
            description =
                    "folder for report, weights and logs; the results of an earlier demo that has"
                            + " ended are replaced (default: ${DEFAULT-VALUE})")
    private Path workDir;

    @Option(
            names = "--port",
            paramLabel = "PORT",
            description =
                    "port of Flink's web interface; without it, the first free port from 8081")
    private @Nullable Integer port;

    @Option(
            names = "--keep-running",
            description =
                    "go on training after the last step until Ctrl-C; such a demo cannot be resumed")
    private boolean keepRunning;

    @Option(
            names = "--resume",
            description = "continue the interrupted demo in --work-dir, with its options")
    private boolean resume;

    @Option(
            names = "--set",
            paramLabel = "KEY=VALUE",
            description = "override one configuration key; may be repeated")
    private List<String> overrides = new ArrayList<>();

    @Override
    public void run() {
        require(steps >= 1, "--steps", steps, "at least 1");
        require(
                size >= 64 && size <= 512 && size % 32 == 0,
                "--size",
                size,
                "a multiple of 32 from 64 to 512");
        if (port != null) {
            require(port >= 1 && port <= 65535, "--port", port, "1 to 65535");
        }
        DemoOptions options = resume ? resumed() : options();
        new Demo(options, spec.commandLine().getOut(), Terminal.present()).run();
    }

    private DemoOptions resumed() {
        for (String option : List.of("--images", "--steps", "--size", "--keep-running", "--set")) {
            if (spec.commandLine().getParseResult().hasMatchedOption(option)) {
                throw new ParameterException(
                        spec.commandLine(),
                        "--resume uses the options of the interrupted demo; leave "
                                + option
                                + " out");
            }
        }
        return DemoOptions.resumed(workDir, Optional.ofNullable(port));
    }

    private DemoOptions options() {
        return new DemoOptions(
                Optional.ofNullable(images),
                steps,
                size,
                workDir,
                Optional.ofNullable(port),
                keepRunning,
                overrides,
                false);
    }

    private void require(boolean allowed, String option, int value, String expected) {
        if (!allowed) {
            throw new ParameterException(
                    spec.commandLine(),
                    option + ": " + value + " is not allowed; expected " + expected);
        }
    }
}
