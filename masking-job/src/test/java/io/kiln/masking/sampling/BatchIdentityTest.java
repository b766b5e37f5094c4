package io.kiln.masking.sampling;

import static org.assertj.core.api.Assertions.assertThat;

import io.kiln.schemas.Geometry;
import io.kiln.schemas.ImageOrigin;
import io.kiln.schemas.SampleType;
import java.util.List;
import org.junit.jupiter.api.Test;

class BatchIdentityTest {
    /** Computed by a second implementation in another language. Never to be changed. */
    @Test
    void identityIsTheSameForEver() {
        ImageOrigin origin =
                new ImageOrigin("caf\u00E9", "images", 3, 10L, 1, 5, 6, 50, 60, true, false);
        assertThat(
                        BatchIdentity.of(
                                new Geometry(64, 96, 3, 32, 2, 3),
                                0.6,
                                42,
                                List.of(origin),
                                SampleType.UINT8,
                                List.of()))
                .isEqualTo("017d1bad7df15163684084cb4bf37b55a40c45c4b7b864c3cf3aaa27ef730725");
    }
}
