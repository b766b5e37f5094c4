package io.kiln.operations.report;

import io.kiln.operations.AtomicFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/** Writes the training of a run as files for other programs. */
public final class RunFiles {
    private static final String HEADER =
            "step,samplesSeen,loss,learningRate,weightDecay,gradientNorm,seconds,imagesPerSecond,"
                    + "waitShare,skipped,trainer\n";
    private static final int WIDTH = 860;

    private RunFiles() {}

    /**
     * Writes one line per step and skipped batch; the columns are fields of TrainingStep, and the
     * trainer.
     */
    public static void writeSteps(Path file, RunHistory run) throws IOException {
        StringBuilder text = new StringBuilder(HEADER);
        for (StepPoint step : run.steps()) {
            text.append(
                    String.format(
                            Locale.ROOT,
                            "%d,%d,%s,%s,%s,%s,%.3f,%.1f,%.3f,%s,%d\n",
                            step.step(),
                            step.samplesSeen(),
                            (float) step.loss(),
                            (float) step.learningRate(),
                            (float) step.weightDecay(),
                            (float) step.gradientNorm(),
                            step.seconds(),
                            step.imagesPerSecond(),
                            step.waitShare(),
                            step.skipped(),
                            step.trainer(run.trainers())));
        }
        AtomicFile.write(file, text.toString());
    }

    /** Writes the loss curve as SVG; writes nothing before the first step. */
    public static void writeLossCurve(Path file, RunHistory run) throws IOException {
        Charts charts = new Charts(List.of(run));
        if (charts.hasLoss()) {
            AtomicFile.write(
                    file,
                    Template.resource("loss.svg")
                            .with("width", Integer.toString(WIDTH))
                            .with("height", Integer.toString(LineChart.HEIGHT))
                            .with("curve", charts.lossSvg(WIDTH))
                            .text());
        }
    }
}
