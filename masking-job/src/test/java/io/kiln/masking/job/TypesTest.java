package io.kiln.masking.job;

import io.kiln.masking.order.RecentImages;
import io.kiln.masking.order.WaitingImages;
import io.kiln.masking.records.DeadLetter;
import io.kiln.masking.records.ImageInput;
import io.kiln.masking.records.MaskedImage;
import io.kiln.masking.records.ViewBatch;
import io.kiln.masking.replay.KeptImage;
import io.kiln.masking.replay.ReplayIndex;
import org.apache.flink.types.PojoTestUtils;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TypesTest {
    @ParameterizedTest
    @ValueSource(
            classes = {
                ImageInput.class,
                MaskedImage.class,
                ViewBatch.class,
                DeadLetter.class,
                RecentImages.class,
                WaitingImages.class,
                ReplayIndex.class,
                KeptImage.class
            })
    void flinkSerializesWithoutKryo(Class<?> type) {
        PojoTestUtils.assertSerializedAsPojoWithoutKryo(type);
    }
}
