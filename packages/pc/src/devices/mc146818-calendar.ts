/** The MC146818's calendar: ten bytes of date and time, in the format that register B says. */
import { fromBcd, toBcd } from './bcd.js';

/** Register B, DM: bytes are binary; else BCD. */
export const B_DM = 0x04;
/** Register B, 24/12: hours count to 23; else to 12 with bit 7 for PM. */
export const B_24_HOURS = 0x02;

/** Indices of the time bytes; alarms lie between them. */
export const SECONDS = 0;
export const MINUTES = 2;
export const HOURS = 4;
const DAY_OF_WEEK = 6;
const DAY_OF_MONTH = 7;
const MONTH = 8;
const YEAR = 9;
/**
 * Where every PC BIOS keeps the century, in BCD. Departure: the chip knows nothing of it and leaves the carry to
 * software; here it goes with the years.
 */
const CENTURY = 0x32;

const PM = 0x80;
const SECONDS_PER_DAY = 86_400;
/** 1970-01-01 was a Thursday; the chip counts Sunday as 1. */
const THURSDAY = 5;

/** The time bytes as seconds since 1970-01-01 00:00, for years 1970 to 2069 when no century is given. */
export function bytesToSeconds(bytes: readonly number[], registerB: number): number {
  const field = (index: number) => decode(bytes[index] ?? 0, registerB);
  const days = daysFromCivil(fullYear(bytes, field(YEAR)), field(MONTH), field(DAY_OF_MONTH));
  return (
    days * SECONDS_PER_DAY + hours(bytes[HOURS] ?? 0, registerB) * 3600 + field(MINUTES) * 60 + field(SECONDS)
  );
}

/** Sets the time bytes and the century. */
export function secondsToBytes(bytes: number[], registerB: number, seconds: number): void {
  const days = Math.floor(seconds / SECONDS_PER_DAY);
  const rest = seconds - days * SECONDS_PER_DAY;
  const { year, month, day } = civilFromDays(days);
  bytes[SECONDS] = encode(rest % 60, registerB);
  bytes[MINUTES] = encode(Math.floor(rest / 60) % 60, registerB);
  bytes[HOURS] = encodeHours(Math.floor(rest / 3600), registerB);
  bytes[DAY_OF_WEEK] = encode(((((days + THURSDAY - 1) % 7) + 7) % 7) + 1, registerB);
  bytes[DAY_OF_MONTH] = encode(day, registerB);
  bytes[MONTH] = encode(month, registerB);
  bytes[YEAR] = encode(year % 100, registerB);
  bytes[CENTURY] = toBcd(Math.floor(year / 100));
}

function fullYear(bytes: readonly number[], year: number): number {
  const century = fromBcd(bytes[CENTURY] ?? 0);
  if (century >= 19 && century <= 29) return century * 100 + year;
  return year < 70 ? 2000 + year : 1900 + year;
}

function decode(byte: number, registerB: number): number {
  return registerB & B_DM ? byte : fromBcd(byte);
}

function encode(value: number, registerB: number): number {
  return registerB & B_DM ? value : toBcd(value);
}

function hours(byte: number, registerB: number): number {
  if (registerB & B_24_HOURS) return decode(byte, registerB);
  return (decode(byte & ~PM, registerB) % 12) + (byte & PM ? 12 : 0);
}

function encodeHours(hour: number, registerB: number): number {
  if (registerB & B_24_HOURS) return encode(hour, registerB);
  return encode(hour % 12 === 0 ? 12 : hour % 12, registerB) | (hour >= 12 ? PM : 0);
}

// The Gregorian calendar in years that begin in March, so that the leap day comes last; 400 years have
// 146,097 days, and the months from March on begin after (153 m + 2) / 5 days.

function daysFromCivil(year: number, month: number, day: number): number {
  const marchYear = month <= 2 ? year - 1 : year;
  const era = Math.floor(marchYear / 400);
  const yearOfEra = marchYear - era * 400;
  const dayOfYear = Math.floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

function civilFromDays(days: number): { year: number; month: number; day: number } {
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const marchMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9;
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * marchMonth + 2) / 5) + 1,
  };
}
