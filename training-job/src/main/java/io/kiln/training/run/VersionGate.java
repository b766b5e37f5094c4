package io.kiln.training.run;

import io.kiln.config.KilnConfig;
import io.kiln.model.training.Trainer;
import io.kiln.training.state.RunProgress;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** When a version of a run is due, and whether it may be published. */
final class VersionGate {
    private static final Logger LOG = LoggerFactory.getLogger(VersionGate.class);

    private final KilnConfig config;
    private final Trainer trainer;
    private final RunProgress progress;

    VersionGate(KilnConfig config, Trainer trainer, RunProgress progress) {
        this.config = config;
        this.trainer = trainer;
        this.progress = progress;
    }

    /**
     * Whether checkpoints.everySteps have passed since the last event; with annealing, whether a
     * branch has ended at a multiple of them.
     */
    boolean eventIsDue() {
        boolean due =
                config.training().anneal().anneals()
                        ? trainer.annealed().isPresent()
                        : trainer.step() - progress.stepOfLastEvent()
                                >= config.checkpoints().everySteps();
        return due && progress.meanLoss() != null;
    }

    /** Whether any step was taken since the last event. */
    boolean hasUnpublishedSteps() {
        return trainer.step() > progress.stepOfLastEvent() && progress.meanLoss() != null;
    }

    /**
     * Whether a version may be published now: if the state is finite, and the loss is one of a
     * network that learns. If not, says so in the log, and the next barrier asks again; an
     * annealing branch that waits is given up, and the next one is asked for.
     */
    boolean mayPublish() {
        List<String> notFinite = trainer.notFinite();
        Double loss = progress.meanLoss();
        boolean sane = loss != null && loss <= config.checkpoints().maxLoss();
        if (notFinite.isEmpty() && sane) {
            return true;
        }
        LOG.error(
                "version {} is withheld at step {}: {}; training may have diverged"
                        + " (training.schedule.peakLearningRate)",
                progress.version() + 1,
                trainer.step(),
                WithheldVersion.reason(notFinite, loss, config.checkpoints().maxLoss()));
        progress.withheld();
        trainer.discardAnnealed();
        return false;
    }
}
