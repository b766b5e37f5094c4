package io.kiln.evaluation.version;

import io.kiln.evaluation.images.ImageKind;
import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.EraFigures;
import io.kiln.schemas.ProbeFigures;
import io.kiln.schemas.SetFigures;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What was measured of a version.
 *
 * @param event that announced it
 * @param kind of the anchors; null if there are none
 * @param anchors figures on the anchors
 * @param recent figures on the recent images
 * @param featureSize values of a feature; 0 if there is none
 * @param embeddings of the anchors, [images, featureSize]; empty if there is none
 * @param probe figures on labelled pictures; null if there is none
 * @param shift of the features of recent images; null if it was not measured
 * @param eras loss on each era
 * @param problems why figures are missing
 */
@SuppressWarnings("ArrayRecordComponent") // handed on, never compared
record Measured(
        CheckpointEvent event,
        @Nullable ImageKind kind,
        SetFigures anchors,
        SetFigures recent,
        int featureSize,
        double[][] embeddings,
        @Nullable ProbeFigures probe,
        @Nullable FeatureShift shift,
        List<EraFigures> eras,
        List<String> problems) {}
