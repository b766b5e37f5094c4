package io.kiln.demo;

import io.kiln.config.KilnConfig;
import io.kiln.ingest.Refusal;
import io.kiln.operations.AtomicFile;
import io.kiln.operations.OperationException;
import io.kiln.operations.deadletters.DeadLetterRecord;
import io.kiln.operations.report.Figure;
import io.kiln.operations.report.ReportPage;
import io.kiln.operations.report.RunFiles;
import io.kiln.operations.report.RunHistory;
import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.CheckpointEvents;
import io.kiln.schemas.Evaluation;
import io.kiln.schemas.FileRole;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;

/** The output of the demo: lines on the terminal, and the report. */
final class Results {
    private static final int MAX_LINES = 10;
    private static final int REFRESH = 5;

    private final KilnConfig config;
    private final WorkDir workDir;
    private final URI webPage;
    private final DemoOptions options;
    private boolean ended;

    Results(KilnConfig config, WorkDir workDir, URI webPage, DemoOptions options) {
        this.config = config;
        this.workDir = workDir;
        this.webPage = webPage;
        this.options = options;
    }

    /** One line about an evaluation. */
    static String line(Evaluation evaluation) {
        return "evaluation v" + evaluation.getVersion() + "  " + EvaluationWords.of(evaluation);
    }

    /** One line about a checkpoint event. */
    String line(CheckpointEvent event) {
        Double loss = event.getTrainingLoss();
        return String.format(
                Locale.ROOT,
                "checkpoint v%d  step %d  mean loss %s  %s",
                event.getVersion(),
                event.getStep(),
                loss == null ? "–" : String.format(Locale.ROOT, "%.3f", loss),
                encoder(event));
    }

    private String encoder(CheckpointEvent event) {
        return CheckpointEvents.file(event, FileRole.ENCODER)
                .map(
                        file ->
                                workDir.root()
                                        .relativize(Path.of(URI.create(file.getUri())))
                                        .toString())
                .orElse("");
    }

    /**
     * Writes the report of a run that goes on; does nothing once it has ended.
     *
     * @throws OperationException if it cannot be written
     */
    synchronized void write(
            RunHistory run, List<DeadLetterRecord> deadLetters, Sent sent, Elapsed elapsed) {
        if (!ended) {
            String summary = "Running. This page reloads itself. Flink's web interface: " + webPage;
            write(run, deadLetters, figures(run, deadLetters, sent, elapsed), summary, REFRESH);
        }
    }

    /**
     * Writes the final report, unless there is one.
     *
     * @param outcome how the run ended, as a sentence
     * @return whether it was written
     * @throws OperationException if it cannot be written
     */
    synchronized boolean end(
            String outcome,
            RunHistory run,
            List<DeadLetterRecord> deadLetters,
            Sent sent,
            Elapsed elapsed) {
        if (ended) {
            return false;
        }
        ended = true;
        write(run, deadLetters, figures(run, deadLetters, sent, elapsed), outcome, 0);
        return true;
    }

    private void write(
            RunHistory run,
            List<DeadLetterRecord> deadLetters,
            List<Figure> figures,
            String summary,
            int refreshSeconds) {
        ReportPage.Frame frame =
                new ReportPage.Frame(
                        "Kiln demo: " + run.step() + " steps",
                        summary,
                        figures,
                        List.of(),
                        "Made by kiln demo in " + workDir.root(),
                        refreshSeconds);
        try {
            AtomicFile.write(workDir.report(), ReportPage.html(frame, List.of(run), deadLetters));
            RunFiles.writeSteps(workDir.steps(), run);
            RunFiles.writeLossCurve(workDir.lossCurve(), run);
        } catch (IOException e) {
            throw new OperationException(
                    "the report cannot be written to " + workDir.root() + ": " + e.getMessage(), e);
        }
    }

    private List<Figure> figures(
            RunHistory run, List<DeadLetterRecord> deadLetters, Sent sent, Elapsed elapsed) {
        return List.of(
                new Figure(number(run.firstLoss()), "loss, first 20 steps"),
                new Figure(number(run.lastLoss()), "loss, last 20 steps"),
                new Figure(number(run.lossRatio()), "last / first"),
                new Figure(grouped(sent.images()), "images sent"),
                new Figure(grouped(deadLetters.size()), "dead letters"),
                new Figure(grouped(run.events().size()), "checkpoint events"),
                new Figure(
                        String.format(Locale.ROOT, "%.0f", run.imagesPerSecond()),
                        "images per second"),
                new Figure(elapsed.time(), elapsed.since()));
    }

    /** The final summary, several lines. */
    String summary(
            RunHistory run,
            List<DeadLetterRecord> deadLetters,
            Sent sent,
            List<Refusal> refusals,
            Elapsed elapsed) {
        StringBuilder text = new StringBuilder();
        line(text, "steps", "%s", elapsed.words(run.step()));
        line(
                text,
                "loss",
                "%s (first 20 steps) → %s (last 20): ratio %s",
                number(run.firstLoss()),
                number(run.lastLoss()),
                number(run.lossRatio()));
        line(
                text,
                "images",
                "%s sent = %s trained on%s%s + %s dead letters",
                grouped(sent.images()),
                grouped(run.imagesTrained() / config.masking().views()),
                config.masking().views() == 1
                        ? ""
                        : " in " + config.masking().views() + " views each",
                config.evaluation().holdsOut() ? " + " + grouped(sent.heldOut()) + " held out" : "",
                grouped(deadLetters.size()));
        if (run.skipped() > 0) {
            line(text, "skipped", "%d batches with a loss that is not finite", run.skipped());
        }
        for (DeadLetterRecord letter : first(deadLetters)) {
            line(text, "", "%s: %s, %s", letter.name(), letter.reason(), letter.detail());
        }
        more(text, deadLetters.size());
        if (!refusals.isEmpty()) {
            line(text, "refused", "%d files, by ingest", refusals.size());
            first(refusals).forEach(refusal -> line(text, "", "%s", refusal));
            more(text, refusals.size());
        }
        line(text, "events", "%d checkpoint events, their files verified", run.events().size());
        if (config.evaluation().holdsOut()) {
            line(text, "evaluation", "%s", EvaluationWords.ofLast(run, sent.heldOut()));
        }
        return text + files(run);
    }

    /** Where the files of the run are, several lines. */
    String files(RunHistory run) {
        StringBuilder text = new StringBuilder();
        line(text, "report", "%s", workDir.report());
        if (!run.pictures().isEmpty()) {
            line(text, "examples", "%s", workDir.reconstructions());
        }
        if (!run.events().isEmpty()) {
            CheckpointEvent last = run.events().get(run.events().size() - 1);
            line(text, "encoder", "%s", workDir.root().resolve(encoder(last)));
        }
        return text.toString().stripTrailing();
    }

    private static <T> List<T> first(List<T> all) {
        return all.subList(0, Math.min(all.size(), MAX_LINES));
    }

    private static void more(StringBuilder text, int count) {
        if (count > MAX_LINES) {
            line(text, "", "and %d more", count - MAX_LINES);
        }
    }

    private static void line(StringBuilder text, String label, String pattern, Object... values) {
        text.append(String.format(Locale.ROOT, "%-11s", label))
                .append(String.format(Locale.ROOT, pattern, values))
                .append(System.lineSeparator());
    }

    private static String grouped(long number) {
        return String.format(Locale.ROOT, "%,d", number);
    }

    private static String number(OptionalDouble value) {
        return value.isPresent() ? String.format(Locale.ROOT, "%.3f", value.getAsDouble()) : "–";
    }
}
