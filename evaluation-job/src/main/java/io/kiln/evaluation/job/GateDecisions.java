package io.kiln.evaluation.job;

import io.kiln.evaluation.version.PromotionEvent;
import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.CheckpointStatus;
import io.kiln.schemas.Evaluation;
import io.kiln.schemas.GateDecision;
import java.time.Instant;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the gate decided and what became of it: keeps the promoted versions and the promotions that
 * are due in step.
 */
final class GateDecisions {
    private static final Logger LOG = LoggerFactory.getLogger(GateDecisions.class);

    private final PromotedVersions promoted;
    private final Promoter promoter;
    private final EvaluationEvents told;

    GateDecisions(PromotedVersions promoted, Promoter promoter, EvaluationEvents told) {
        this.promoted = promoted;
        this.promoter = promoter;
        this.told = told;
    }

    /** A version has been evaluated. */
    void evaluated(CheckpointEvent event, Evaluation evaluation) throws Exception {
        GateDecision gate = evaluation.getGate();
        if (gate != null && gate.getPassed()) {
            CheckpointEvent promotion = PromotionEvent.of(event, evaluation, Instant.now());
            promoted.promoted(promotion, promoter.serialized(promotion));
            promoter.decided(promotion);
        } else if (gate != null) {
            LOG.info("version {} is not promoted: {}", event.getVersion(), gate.getReasons());
            told.refused(event, gate.getReasons());
        }
    }

    /**
     * A version of this run gets another status. To be called before the promoted versions take the
     * event: a promotion that nobody will see protects its version from nothing.
     *
     * @param before newest version with an evaluation that the job's state knew nothing of
     */
    void becomes(CheckpointEvent event, long before) throws Exception {
        if (Promoter.ends(event)) {
            for (CheckpointEvent withdrawn : promoter.withdraw(event)) {
                promoted.withdrawn(withdrawn);
            }
        } else if (event.getStatus() == CheckpointStatus.PROMOTED && event.getPromotion() != null) {
            promoter.visible(event, event.getVersion() > before);
        }
    }
}
