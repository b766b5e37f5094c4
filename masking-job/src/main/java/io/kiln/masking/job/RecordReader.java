package io.kiln.masking.job;

import io.kiln.schemas.ImageRecord;
import java.io.Serializable;

/** Reads the value of a record of the images topic. */
@FunctionalInterface
interface RecordReader extends Serializable {
    /**
     * Reads one value.
     *
     * @throws io.kiln.schemas.RecordFormatException if the value is not such a record
     * @throws io.kiln.schemas.SchemaRegistryException if the registry cannot be reached
     * @throws io.kiln.kafka.NonRecoverableJobException if the registry has lost its schemas
     */
    ImageRecord read(byte[] value);
}
