package io.kiln.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.kiln.model.torch.Gemm;
import io.kiln.model.torch.Precision;
import io.kiln.operations.OperationException;
import io.kiln.operations.console.Json;
import io.kiln.verification.bench.RoundBench;
import io.kiln.verification.bench.RoundBenchSettings;
import io.kiln.verification.bench.RoundFigures;
import io.kiln.verification.bench.StepBenchSettings;
import io.kiln.verification.masked.Implementation;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code kiln bench round}: measures what rounds of several trainers cost. */
@Command(
        name = "round",
        description = {
            "Measures what rounds of several trainers cost.",
            "Trains on random images with several trainers in one process, each on its own thread,"
                    + " that exchange changes as files in a temporary folder. Alternates with one"
                    + " trainer alone on one thread. Then calculates, from the measured parts, how"
                    + " long an exchange takes over a network, and how many local steps keep it"
                    + " under a twentieth of their time. The last line is one JSON object."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  kiln bench round --arch resnet18 --size 96 --batch 32",
            "  kiln bench round --trainers 4 --steps 64 --json | jq .speedUp"
        })
final class BenchRoundCommand implements Runnable {
    private static final double SHARE = 0.05;
    private static final List<Integer> TRAINERS = List.of(2, 8, 64);
    private static final List<Integer> GIGABITS = List.of(1, 10);

    @Spec private CommandSpec spec;
    @Mixin private BenchNetworkOptions input;

    @Option(
            names = "--trainers",
            paramLabel = "L",
            defaultValue = "2",
            description = "number of trainers (default: ${DEFAULT-VALUE})")
    private int trainers;

    @Option(
            names = "--steps",
            paramLabel = "H",
            defaultValue = "16",
            description = "local steps per round (default: ${DEFAULT-VALUE})")
    private int steps;

    @Option(
            names = "--rounds",
            paramLabel = "N",
            defaultValue = "3",
            description = "measured rounds, after one for warm-up (default: ${DEFAULT-VALUE})")
    private int rounds;

    @Option(names = "--json", description = "print only the JSON object")
    private boolean json;

    @Override
    public void run() {
        RoundFigures figures = measure(settings());
        PrintWriter out = spec.commandLine().getOut();
        if (!json) {
            out.println(text(figures));
        }
        out.println(tree(figures));
        out.flush();
    }

    private RoundBenchSettings settings() {
        try {
            StepBenchSettings step =
                    new StepBenchSettings(
                            input.network(),
                            input.size(),
                            input.batch(),
                            input.maskRatio(),
                            1,
                            0,
                            1,
                            "cpu",
                            Implementation.FAST,
                            Gemm.ofThisProcessor(),
                            false,
                            Precision.FP32);
            return new RoundBenchSettings(step, trainers, steps, rounds);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage(), e);
        }
    }

    private static RoundFigures measure(RoundBenchSettings settings) {
        try {
            return RoundBench.run(settings);
        } catch (IOException e) {
            throw new OperationException("a change cannot be written or read: " + e, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new OperationException("interrupted", e);
        }
    }

    private static String text(RoundFigures figures) {
        Table parts = new Table("PART OF A ROUND", "SECONDS");
        row(parts, "local steps", figures.parts().steps());
        row(parts, "writing the change", figures.parts().writing());
        row(parts, "waiting for others", figures.parts().waiting());
        row(parts, "reading, summing, outer step", figures.parts().reading());
        row(parts, "whole round", figures.parts().round());
        Table network = new Table("TRAINERS", "GBIT/S", "EXCHANGE, S", "STEPS FOR 5 %");
        for (int number : TRAINERS) {
            for (int gigabits : GIGABITS) {
                network.add(
                        Integer.toString(number),
                        Integer.toString(gigabits),
                        String.format(
                                Locale.ROOT, "%.2f", figures.secondsOfExchange(number, gigabits)),
                        Long.toString(figures.stepsFor(number, gigabits, SHARE)));
            }
        }
        return parts
                + String.format(
                        Locale.ROOT,
                        "%n%.2f images/s with %d trainers, %.2f with one: %.2f times as many%n"
                                + "%,d bytes of each change%n%nCalculated for each trainer's own link:%n",
                        figures.imagesPerSecond(),
                        figures.settings().trainers(),
                        figures.imagesPerSecondAlone(),
                        figures.speedUp(),
                        figures.changeBytes())
                + network;
    }

    private static void row(Table table, String name, double seconds) {
        table.add(name, String.format(Locale.ROOT, "%.3f", seconds));
    }

    private ObjectNode tree(RoundFigures figures) {
        ObjectNode tree =
                Json.MAPPER
                        .createObjectNode()
                        .put("arch", input.architecture())
                        .put("size", input.size())
                        .put("batch", input.batch())
                        .put("trainers", trainers)
                        .put("steps", steps)
                        .put("rounds", rounds)
                        .put("secondsPerStepAlone", figures.secondsOfStep())
                        .put("imagesPerSecondAlone", figures.imagesPerSecondAlone())
                        .put("imagesPerSecond", figures.imagesPerSecond())
                        .put("speedUp", figures.speedUp())
                        .put("changeBytes", figures.changeBytes());
        tree.putObject("seconds")
                .put("steps", figures.parts().steps())
                .put("writing", figures.parts().writing())
                .put("waiting", figures.parts().waiting())
                .put("reading", figures.parts().reading());
        ArrayNode network = tree.putArray("calculated");
        for (int number : TRAINERS) {
            for (int gigabits : GIGABITS) {
                network.addObject()
                        .put("trainers", number)
                        .put("gigabitsPerSecond", gigabits)
                        .put("exchangeSeconds", figures.secondsOfExchange(number, gigabits))
                        .put("stepsFor5Percent", figures.stepsFor(number, gigabits, SHARE));
            }
        }
        return tree;
    }
}
