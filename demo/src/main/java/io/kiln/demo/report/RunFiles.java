package io.kiln.demo.report;

import io.kiln.operations.AtomicFile;
import io.kiln.schemas.TrainingStep;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;

/** Writes the training of a run as files for other programs. */
public final class RunFiles {
    private static final String HEADER =
            "step,samplesSeen,loss,learningRate,weightDecay,gradientNorm,seconds,imagesPerSecond,"
                    + "waitShare,skipped\n";

    private RunFiles() {}

    /** Writes one line per step and skipped batch; the columns are fields of TrainingStep. */
    public static void writeSteps(Path file, RunSnapshot run) throws IOException {
        StringBuilder text = new StringBuilder(HEADER);
        for (TrainingStep step : run.steps()) {
            text.append(
                    String.format(
                            Locale.ROOT,
                            "%d,%d,%s,%s,%s,%s,%.3f,%.1f,%.3f,%s\n",
                            step.getStep(),
                            step.getSamplesSeen(),
                            (float) step.getLoss(),
                            (float) step.getLearningRate(),
                            (float) step.getWeightDecay(),
                            (float) step.getGradientNorm(),
                            step.getSeconds(),
                            step.getImagesPerSecond(),
                            step.getWaitShare(),
                            step.getSkipped()));
        }
        AtomicFile.write(file, text.toString());
    }

    /** Writes the loss curve as SVG; writes nothing before the first step. */
    public static void writeLossCurve(Path file, RunSnapshot run) throws IOException {
        if (!run.taken().isEmpty()) {
            AtomicFile.write(
                    file, Template.resource("loss.svg").with("curve", LossCurve.of(run)).text());
        }
    }
}
