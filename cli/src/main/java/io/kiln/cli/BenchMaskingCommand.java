package io.kiln.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.kiln.operations.OperationException;
import io.kiln.operations.console.Json;
import io.kiln.verification.bench.MaskingBench;
import io.kiln.verification.bench.MaskingFigures;
import io.kiln.verification.bench.MaskingStage;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code kiln bench masking}: measures what masking an image costs. */
@Command(
        name = "masking",
        description = {
            "Measures what masking an image costs.",
            "Masks the images of a folder as the masking job does, without Flink and Kafka: from "
                    + "the Avro record of an image to the Avro record of a batch. Reports the pass "
                    + "over the folder that took the least CPU time. The last line is one JSON "
                    + "object."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  kiln bench masking --images ~/Pictures",
            "  kiln bench masking --images ~/Pictures --threads 2 --set input.height=96",
            "  kiln bench masking --images ~/Pictures --json | jq .stages"
        })
final class BenchMaskingCommand implements Runnable {
    @Spec private CommandSpec spec;
    @Mixin private ConfigOptions config = new ConfigOptions();

    @Option(
            names = "--images",
            required = true,
            paramLabel = "DIR",
            description = "folder of images, searched recursively; all images are held in memory")
    private Path images = Path.of("");

    @Option(
            names = "--threads",
            paramLabel = "N",
            defaultValue = "1",
            description = "subtasks that run in parallel (default: ${DEFAULT-VALUE})")
    private int threads;

    @Option(
            names = "--passes",
            paramLabel = "N",
            defaultValue = "5",
            description = "measured passes over the folder (default: ${DEFAULT-VALUE})")
    private int passes;

    @Option(
            names = "--warm-up",
            paramLabel = "N",
            defaultValue = "4",
            description = "unmeasured passes first (default: ${DEFAULT-VALUE})")
    private int warmUp;

    @Option(names = "--json", description = "print only the JSON object")
    private boolean json;

    @Override
    public void run() {
        Ranges.require(spec, "--threads", threads, 1, 1024);
        Ranges.require(spec, "--passes", passes, 1, 100_000);
        Ranges.require(spec, "--warm-up", warmUp, 0, 100_000);
        MaskingFigures figures = measure();
        PrintWriter out = spec.commandLine().getOut();
        if (!json) {
            out.println(text(figures));
        }
        out.println(tree(figures));
        out.flush();
    }

    private MaskingFigures measure() {
        if (!Files.isDirectory(images)) {
            throw wrong("--images " + images + ": not a folder");
        }
        try {
            return new MaskingBench(config.load(), images, threads).run(warmUp, passes);
        } catch (IOException e) {
            throw new OperationException("--images " + images + " cannot be read: " + e, e);
        } catch (IllegalArgumentException e) {
            throw new OperationException("--images: " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new OperationException("interrupted", e);
        }
    }

    private ParameterException wrong(String message) {
        return new ParameterException(spec.commandLine(), message);
    }

    private ObjectNode tree(MaskingFigures figures) {
        ObjectNode tree =
                Json.MAPPER
                        .createObjectNode()
                        .put("images", figures.images())
                        .put("refused", figures.refused())
                        .put("threads", threads)
                        .put("passes", passes)
                        .put("imagesPerSecond", figures.imagesPerSecond())
                        .put("cpuSecondsPerImage", figures.cpuSecondsPerImage())
                        .put("bytesPerImage", figures.bytesPerImage());
        ObjectNode stages = tree.putObject("stages");
        for (MaskingStage stage : MaskingStage.values()) {
            stages.put(
                    stage.name().toLowerCase(Locale.ROOT),
                    figures.stages().getOrDefault(stage, 0.0));
        }
        return tree;
    }

    private String text(MaskingFigures figures) {
        Table table = new Table("STAGE", "CPU MS PER IMAGE");
        for (MaskingStage stage : MaskingStage.values()) {
            row(
                    table,
                    stage.name().toLowerCase(Locale.ROOT),
                    figures.stages().getOrDefault(stage, 0.0));
        }
        row(table, "whole process", figures.cpuSecondsPerImage());
        return table
                + String.format(
                        Locale.ROOT,
                        "%n%.1f images/s on %d threads, %.1f images per CPU second%n"
                                + "%,.0f bytes of sparse-batches per image%n"
                                + "%,d images, %,d files refused%n",
                        figures.imagesPerSecond(),
                        threads,
                        1 / figures.cpuSecondsPerImage(),
                        figures.bytesPerImage(),
                        figures.images(),
                        figures.refused());
    }

    private static void row(Table table, String name, double seconds) {
        table.add(name, String.format(Locale.ROOT, "%.3f", seconds * 1000));
    }
}
