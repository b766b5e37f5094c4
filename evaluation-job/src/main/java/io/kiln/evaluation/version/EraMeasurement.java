package io.kiln.evaluation.version;

import io.kiln.evaluation.images.EraImages;
import io.kiln.evaluation.images.HeldOutImages;
import io.kiln.model.training.TrainedNetwork;
import io.kiln.schemas.EraFigures;
import io.kiln.schemas.InputSpec;
import io.kiln.schemas.SetFigures;

/** The loss on the sample of one era, as it is measured part by part. */
final class EraMeasurement {
    private final EraImages era;
    private final HeldOutImages images;
    private final SetMeasurement measurement;

    EraMeasurement(EraImages era, InputSpec input) {
        this.era = era;
        this.images = HeldOutImages.fitting(era.images(), input);
        this.measurement = new SetMeasurement(images, input);
    }

    /** Those of the sample that fit the version. */
    HeldOutImages images() {
        return images;
    }

    void addLoss(TrainedNetwork network, HeldOutImages part) {
        measurement.addLoss(network, part);
    }

    void dropLoss() {
        measurement.dropLoss();
    }

    EraFigures figures() {
        SetFigures figures = measurement.figures();
        return new EraFigures(
                era.first(),
                era.last(),
                figures.getImages(),
                figures.getImagesId(),
                figures.getLoss());
    }
}
