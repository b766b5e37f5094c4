package io.kiln.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.kiln.config.TrainingConfig;
import io.kiln.model.torch.Gemm;
import io.kiln.model.torch.Phase;
import io.kiln.model.torch.Precision;
import io.kiln.operations.console.Json;
import io.kiln.verification.bench.OperatorFigures;
import io.kiln.verification.bench.StepBench;
import io.kiln.verification.bench.StepBenchSettings;
import io.kiln.verification.bench.StepFigures;
import io.kiln.verification.masked.Implementation;
import java.io.PrintWriter;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code kiln bench step}: measures what a training step costs. */
@Command(
        name = "step",
        description = {
            "Measures training steps on random images.",
            "Times are medians over the steps. GFLOP/s are derived from the network and compared"
                    + " with those of a large matrix product in the same run. Drop-path is off. The"
                    + " last line is one JSON object."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  kiln bench step --arch resnet50 --size 224 --batch 16 --steps 5 --threads 1",
            "  kiln bench step --masked-dense --threads 1",
            "  kiln bench step --precision bf16 --decoder block",
            "  kiln bench step --threads 1 --operators",
            "  kiln bench step --arch resnet18 --size 96 --json | jq .imagesPerSecond"
        })
final class BenchStepCommand implements Runnable {
    /** The phases that the output sums up as "backward". */
    private static final EnumSet<Phase> BACKWARD =
            EnumSet.of(Phase.DECODER_BACKWARD, Phase.DENSIFY_BACKWARD, Phase.ENCODER_BACKWARD);

    @Spec private CommandSpec spec;
    @Mixin private BenchNetworkOptions input;

    @Option(
            names = "--steps",
            paramLabel = "N",
            defaultValue = "5",
            description = "measured steps (default: ${DEFAULT-VALUE})")
    private int steps;

    @Option(
            names = "--warm-up",
            paramLabel = "N",
            defaultValue = "2",
            description = "unmeasured steps first (default: ${DEFAULT-VALUE})")
    private int warmUp;

    @Option(
            names = "--threads",
            paramLabel = "T",
            defaultValue = "0",
            description =
                    "threads per operator; 0 lets the engine choose (default: ${DEFAULT-VALUE})")
    private int threads;

    @Option(
            names = "--device",
            paramLabel = "D",
            defaultValue = "cpu",
            description = "cpu, gpu or gpu:N (default: ${DEFAULT-VALUE})")
    private String device;

    @Option(
            names = "--precision",
            paramLabel = "P",
            defaultValue = "fp32",
            description =
                    "fp32, bf16 or fp64, as training.precision; also that of the matrix product it"
                            + " is compared with (default: ${DEFAULT-VALUE})")
    private Precision precision = Precision.FP32;

    @ArgGroup private Way way = new Way();

    /** Implementations of the convolutions to compare the default with. */
    private static final class Way {
        @Option(
                names = "--masked-dense",
                description =
                        "compute every site and discard the masked ones, as SparK's own code does")
        private boolean maskedDense;

        @Option(
                names = "--library",
                description = "use a sparse encoder, but only the engine's own operators")
        private boolean library;

        Implementation implementation() {
            if (maskedDense) {
                return Implementation.MASKED_DENSE;
            }
            return library ? Implementation.LIBRARY : Implementation.FAST;
        }
    }

    @Option(
            names = "--gemm",
            paramLabel = "LIBRARY",
            defaultValue = "auto",
            description =
                    "library that multiplies fp32 matrices, as training.gemm: auto, mkl or onednn"
                            + " (default: ${DEFAULT-VALUE})")
    private TrainingConfig.Gemm gemm = TrainingConfig.Gemm.AUTO;

    @Option(
            names = "--operators",
            description =
                    "also time each operator, and compare it with a large matrix product and a"
                            + " large copy in the same run; on a CPU only")
    private boolean operators;

    @Option(names = "--json", description = "print only the JSON object")
    private boolean json;

    @Override
    public void run() {
        StepBenchSettings settings = settings();
        StepFigures figures = StepBench.run(settings);
        PrintWriter out = spec.commandLine().getOut();
        if (!json) {
            out.println(text(figures));
        }
        out.println(tree(settings, figures));
        out.flush();
    }

    private StepBenchSettings settings() {
        try {
            return new StepBenchSettings(
                    input.network(),
                    input.size(),
                    input.batch(),
                    input.maskRatio(),
                    steps,
                    warmUp,
                    threads,
                    device,
                    way.implementation(),
                    Gemm.named(gemm.name()),
                    operators,
                    precision);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage(), e);
        }
    }

    private ObjectNode tree(StepBenchSettings settings, StepFigures figures) {
        ObjectNode tree =
                Json.MAPPER
                        .createObjectNode()
                        .put("arch", input.architecture())
                        .put("size", input.size())
                        .put("batch", input.batch())
                        .put("steps", steps)
                        .put("maskRatio", input.maskRatio())
                        .put("decoder", input.decoder().name().toLowerCase(Locale.ROOT))
                        .put("decoderWidth", input.decoderWidth())
                        .put("threads", figures.threads())
                        .put("device", device)
                        .put("precision", precision.name().toLowerCase(Locale.ROOT))
                        .put("kernels", way.implementation().name().toLowerCase(Locale.ROOT))
                        .put("gemm", settings.gemm().name().toLowerCase(Locale.ROOT))
                        .put("secondsPerStep", figures.secondsPerStep())
                        .put("cpuSecondsPerStep", figures.cpuSecondsPerStep())
                        .put("imagesPerSecond", figures.imagesPerSecond());
        ObjectNode phases = tree.putObject("phases");
        for (Phase phase : EnumSet.complementOf(BACKWARD)) {
            put(phases, name(phase), figures.of(Set.of(phase)));
        }
        put(phases, "backward", figures.of(BACKWARD));
        for (Phase part : BACKWARD) {
            put(phases, name(part), figures.of(Set.of(part)));
        }
        if (operators) {
            put(tree.putArray("operators"), figures);
        }
        return tree.put("gflop", figures.gflop())
                .put("gflopPerSecond", figures.gflopPerSecond())
                .put("gemmGflopPerSecond", figures.gemmGflopPerSecond())
                .put("gemmShare", figures.gemmShare())
                .put("gemmShareOfCpu", figures.gemmShareOfCpu())
                .put("memoryGigabytesPerSecond", figures.memoryGigabytesPerSecond())
                .put("loss", figures.loss())
                .put("peakMiB", figures.peakMebibytes());
    }

    private static void put(ArrayNode operators, StepFigures figures) {
        for (OperatorFigures operator : figures.operators()) {
            operators
                    .addObject()
                    .put("operator", operator.operator())
                    .put("calls", operator.calls())
                    .put("seconds", operator.seconds())
                    .put("gflop", operator.gflop())
                    .put("gigabytes", operator.gigabytes())
                    .put("shareOfLimit", figures.shareOfLimit(operator));
        }
    }

    /** DECODER_BACKWARD becomes decoderBackward. */
    private static String name(Phase phase) {
        String[] words = phase.name().toLowerCase(Locale.ROOT).split("_");
        return words.length == 1
                ? words[0]
                : words[0] + Character.toUpperCase(words[1].charAt(0)) + words[1].substring(1);
    }

    private static void put(ObjectNode phases, String name, StepFigures.Seconds seconds) {
        phases.putObject(name).put("seconds", seconds.wall()).put("cpuSeconds", seconds.cpu());
    }

    private String text(StepFigures figures) {
        Table table = new Table("PHASE", "SECONDS", "CPU SECONDS");
        for (Phase phase : Phase.values()) {
            String name = phase.name().toLowerCase(Locale.ROOT).replace('_', ' ');
            row(table, name, figures.of(Set.of(phase)));
        }
        row(
                table,
                "whole step",
                new StepFigures.Seconds(figures.secondsPerStep(), figures.cpuSecondsPerStep()));
        return table
                + (operators ? "\n" + operators(figures) : "")
                + String.format(
                        Locale.ROOT,
                        "%n%.2f images/s on %d threads%n"
                                + "%.0f GFLOP per step, %.1f GFLOP/s: %.0f %% of a large matrix product (%.1f GFLOP/s)%n"
                                + "peak memory %,d MiB%n",
                        figures.imagesPerSecond(),
                        figures.threads(),
                        figures.gflop(),
                        figures.gflopPerSecond(),
                        100 * figures.gemmShare(),
                        figures.gemmGflopPerSecond(),
                        figures.peakMebibytes());
    }

    private static Table operators(StepFigures figures) {
        Table table = new Table("OPERATOR", "CALLS", "SECONDS", "GFLOP/S", "GB/S", "OF LIMIT");
        for (OperatorFigures operator : figures.operators()) {
            double seconds = operator.seconds();
            table.add(
                    operator.operator(),
                    String.format(Locale.ROOT, "%.0f", operator.calls()),
                    String.format(Locale.ROOT, "%.4f", seconds),
                    String.format(Locale.ROOT, "%.1f", operator.gflop() / seconds),
                    String.format(Locale.ROOT, "%.1f", operator.gigabytes() / seconds),
                    String.format(Locale.ROOT, "%.0f %%", 100 * figures.shareOfLimit(operator)));
        }
        return table;
    }

    private static void row(Table table, String name, StepFigures.Seconds seconds) {
        table.add(
                name,
                String.format(Locale.ROOT, "%.4f", seconds.wall()),
                String.format(Locale.ROOT, "%.4f", seconds.cpu()));
    }
}
