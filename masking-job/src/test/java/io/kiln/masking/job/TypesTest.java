package io.kiln.masking.job;

import io.kiln.masking.order.Dropped;
import io.kiln.masking.order.RecentImages;
import io.kiln.masking.order.ShuffleBuffer;
import io.kiln.masking.sampling.ComposedBatch;
import io.kiln.masking.sampling.MaskedImage;
import org.apache.flink.types.PojoTestUtils;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TypesTest {
    @ParameterizedTest
    @ValueSource(
            classes = {
                ImageInput.class,
                DecodedImage.class,
                DeadLetter.class,
                MaskedImage.class,
                ComposedBatch.class,
                PendingBatch.class,
                Dropped.class,
                RecentImages.class,
                ShuffleBuffer.class
            })
    void flinkSerializesWithoutKryo(Class<?> type) {
        PojoTestUtils.assertSerializedAsPojoWithoutKryo(type);
    }
}
